#include "tracking/pixel_split.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

constexpr int kLeastPasses = 2, kMostPasses = 8;
constexpr int kMostMoves = 256;           ///< of all ellipses together; very many are moved fewer times in a frame
constexpr double kStill = 0.15;           ///< px: an ellipse that moves less has found its place
constexpr double kOvershoot = 1.5;        ///< of the way to its pixels: they follow it a part of the way
constexpr double kPixelsEnough = 600;     ///< of an object, to find its place; then all of them are divided
constexpr double kTurnRate = 0.6;         ///< of the way to the direction that its pixels have, in one pass
constexpr double kRound = 1.15;           ///< axes of less than this ratio have no direction
constexpr double kStrangeArea = 0.15;     ///< of the blob's area, unexplained, above which something else is in there
constexpr double kReach = 1.5;            ///< depth up to which pixels outside of all ellipses belong to the nearest
constexpr double kStrangeReach = 1.15;    ///< and then
constexpr double kLeastShown = 0.3;       ///< of an object's area: less says nothing of its place
constexpr double kSigma = 0.15;           ///< px
constexpr double kSigmaPerHidden = 0.02;  ///< of the object's size, by the squared share that it does not show alone
constexpr double kSigmaPerStrange = 2;    ///< and by the blob's share that no ellipse explains
constexpr double kEdges = 0.04;           ///< of the blob: pixels at the edges, which are strange to nobody
constexpr double kPi = 3.14159265358979323846;

/// It has no direction, and keeps what little it is longer one way.
bool is_round(const PartEllipse& ellipse) {
  return ellipse.major < kRound * ellipse.minor;
}

/// Direction of the long axis, rad.
double direction(const Spread& spread) {
  return std::atan2(2 * spread.xy, spread.xx - spread.yy) / 2;
}

/// The same axes, the longer one in this direction.
Spread turned(const Spread& spread, double direction) {
  const double mean = (spread.xx + spread.yy) / 2;
  const double root = std::sqrt(square((spread.xx - spread.yy) / 2) + square(spread.xy));
  const double c = root * std::cos(2 * direction), s = root * std::sin(2 * direction);
  return {mean + c, s, mean - c};
}

}  // namespace

Spread PixelSplit::spread_of(const PartSums& sums) {
  const double x = sums.x / sums.weight, y = sums.y / sums.weight;
  return {sums.xx / sums.weight - x * x, sums.xy / sums.weight - x * y, sums.yy / sums.weight - y * y};
}

/// An ellipse of these second moments has the area 4 pi sqrt(det); scaled so that it has the object's own.
void PixelSplit::start(std::span<const Part> known) {
  ellipses_.clear();
  for (const Part& part : known) {
    // A pixel's own extent, so that a thin object has a width.
    const double xx = part.spread.xx + 1.0 / 12, yy = part.spread.yy + 1.0 / 12, xy = part.spread.xy;
    const double mean = (xx + yy) / 2, root = std::sqrt(square((xx - yy) / 2) + square(xy));
    const double ratio = std::sqrt((mean + root) / std::max(mean - root, 1.0 / 12));
    PartEllipse& ellipse = ellipses_.emplace_back();
    ellipse.minor = std::sqrt(part.area / (kPi * ratio));
    ellipse.major = ratio * ellipse.minor;
    ellipse.x = part.x;
    ellipse.y = part.y;
    if (is_round(ellipse)) {
      const double share = root > 0 ? 1 / root : 0;
      ellipse.aim(share * (xx - yy) / 2, share * xy);
    } else {
      ellipse.turn = direction(part.spread);
      ellipse.aim();
    }
  }
}

/// Each ellipse to its pixels. Returns how far the farthest moved, px.
double PixelSplit::move() {
  double farthest = 0;
  for (size_t i = 0; i < ellipses_.size(); ++i) {
    PartEllipse& ellipse = ellipses_[i];
    const PartSums& sums = shares_.sums()[i];
    if (sums.weight <= 0) continue;
    const double dx = sums.x / sums.weight, dy = sums.y / sums.weight;
    ellipse.x += kOvershoot * dx;
    ellipse.y += kOvershoot * dy;
    farthest = std::max(farthest, std::abs(dx) + std::abs(dy));
    if (is_round(ellipse)) continue;
    // The shorter way round: a direction is the same after half a turn.
    const double off = std::remainder(direction(spread_of(sums)) - ellipse.turn, kPi);
    ellipse.turn = std::remainder(ellipse.turn + kTurnRate * off, kPi);
    ellipse.aim();
  }
  return farthest;
}

void PixelSplit::report(std::span<const Part> known, double pixels) {
  const double strange = std::max(0.0, 1 - kEdges - shares_.covered() / pixels);
  if (parts_.size() < known.size()) parts_.resize(known.size());
  for (size_t i = 0; i < known.size(); ++i) {
    const PartSums& sums = shares_.sums()[i];
    const double size = std::sqrt(known[i].area), share = sums.weight / known[i].area;
    PixelPart& part = parts_[i];
    part.turned = is_round(ellipses_[i]) ? known[i].spread : turned(known[i].spread, ellipses_[i].turn);
    part.shown = sums.any() && share >= kLeastShown;
    if (part.shown) {
      part.x = ellipses_[i].x;
      part.y = ellipses_[i].y;
      part.area = sums.weight;
      part.spread = spread_of(sums);
      part.box = {static_cast<double>(sums.left), static_cast<double>(sums.top), sums.right - sums.left + 1.0,
                  sums.bottom - sums.top + 1.0};
      const double off = kSigmaPerHidden * square(1 - sums.alone / known[i].area) + kSigmaPerStrange * strange;
      part.variance = square(kSigma + off * size);
    }
  }
}

std::span<const PixelPart> PixelSplit::split(std::span<const PixelRun> runs, std::span<const Part> known) {
  if (runs.empty() || known.empty()) return {};
  shares_.start(runs, 1);
  const double pixels = shares_.counted();
  double together = 0;
  for (const Part& part : known) together += part.area;
  const double hidden = std::max(0.0, together - pixels);
  const bool strange = pixels - together > kStrangeArea * pixels;
  ShareRules rules;
  rules.reach = square(strange ? kStrangeReach : kReach);
  rules.hidden = hidden / pixels;
  start(known);
  const double per_object = pixels / static_cast<double>(known.size());
  const int step = std::max(1, static_cast<int>(std::sqrt(per_object / kPixelsEnough)));
  if (step > 1) {
    sample(runs, step, sampled_);
    shares_.start(sampled_, step);
  }
  if (shares_.counted() == 0) return {};
  const int passes = std::clamp(kMostMoves / static_cast<int>(known.size()), kLeastPasses, kMostPasses);
  for (int pass = 0; pass < passes; ++pass) {
    shares_.share(ellipses_, rules);
    if (move() < kStill) break;
  }
  if (step > 1) {
    shares_.start(runs, 1);
    shares_.share(ellipses_, rules);
    move();
  }
  shares_.look_over();
  report(known, pixels);
  return std::span(parts_).first(known.size());
}

}  // namespace flashcell::tracking
