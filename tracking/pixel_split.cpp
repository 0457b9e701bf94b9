#include "tracking/pixel_split.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace flashcell::tracking {
namespace {

constexpr int kMostPasses = 8;
constexpr double kStill = 0.02;           ///< px: an ellipse that moves less has found its place
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

double square(double value) {
  return value * value;
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

/// Prepares enter().
void PixelSplit::Ellipse::aim() {
  const double c = std::cos(turn), s = std::sin(turn), a = 1 / square(major), b = 1 / square(minor);
  xx = a * c * c + b * s * s;
  xy = (a - b) * c * s;
  yy = a * s * s + b * c * c;
}

/// Prepares depth() for the pixels of a row.
void PixelSplit::Ellipse::enter(int32_t row) {
  const double dy = row - y;
  slope = 2 * xy * dy;
  base = yy * dy * dy;
}

void PixelSplit::add(size_t index, int32_t px, int32_t py, double weight, int step) {
  const Ellipse& ellipse = ellipses_[index];
  Sums& sums = sums_[index];
  const double dx = px - ellipse.x, dy = py - ellipse.y;
  sums.weight += weight;
  sums.x += weight * dx;
  sums.y += weight * dy;
  sums.xx += weight * dx * dx;
  sums.xy += weight * dx * dy;
  sums.yy += weight * dy * dy;
  if (step == 1 && weight >= 0.5) sums.reach(px, py);
}

Spread PixelSplit::spread_of(const Sums& sums) {
  const double x = sums.x / sums.weight, y = sums.y / sums.weight;
  return {sums.xx / sums.weight - x * x, sums.xy / sums.weight - x * y, sums.yy / sums.weight - y * y};
}

void PixelSplit::Sums::reach(int32_t px, int32_t py) {
  left = any ? std::min(left, px) : px;
  right = any ? std::max(right, px) : px;
  top = any ? std::min(top, py) : py;
  bottom = any ? std::max(bottom, py) : py;
  any = true;
}

/// An ellipse of these second moments has the area 4 pi sqrt(det); scaled so that it has the object's own.
void PixelSplit::start(std::span<const Part> known) {
  ellipses_.clear();
  for (const Part& part : known) {
    // A pixel's own extent, so that a thin object has a width.
    const double xx = part.spread.xx + 1.0 / 12, yy = part.spread.yy + 1.0 / 12, xy = part.spread.xy;
    const double mean = (xx + yy) / 2, root = std::sqrt(square((xx - yy) / 2) + square(xy));
    const double ratio = std::sqrt((mean + root) / std::max(mean - root, 1.0 / 12));
    Ellipse ellipse;
    ellipse.minor = std::sqrt(part.area / (kPi * ratio));
    ellipse.major = ratio * ellipse.minor;
    ellipse.turn = direction(part.spread);
    ellipse.x = part.x;
    ellipse.y = part.y;
    ellipse.aim();
    ellipses_.push_back(ellipse);
  }
  sums_.resize(known.size());
  depths_.resize(known.size());
  order_.resize(known.size());
}

/// The ellipses that a row goes through, or nearly; behind them the others.
size_t PixelSplit::sort_by_row(int32_t y) {
  size_t near = 0;
  for (size_t i = 0; i < ellipses_.size(); ++i) {
    Ellipse& ellipse = ellipses_[i];
    ellipse.enter(y);
    order_[i] = i;
    if (std::abs(y - ellipse.y) <= ellipse.major + 1) std::swap(order_[i], order_[near++]);
  }
  return near;
}

/// To the ellipse that it is deepest in, or else nearest to, and to those that it is in as well.
void PixelSplit::share_out(int32_t x, int32_t y, size_t near, int step) {
  const auto nearest_of = [&](size_t first, size_t end, size_t best) {
    for (size_t k = first; k < end; ++k) {
      const size_t i = order_[k];
      depths_[i] = ellipses_[i].depth(x);
      if (best == ellipses_.size() || depths_[i] < depths_[best]) best = i;
    }
    return best;
  };
  size_t nearest = nearest_of(0, near, ellipses_.size()), compared = near;
  if (nearest == ellipses_.size() || depths_[nearest] > 1) {
    compared = ellipses_.size();
    nearest = nearest_of(near, compared, nearest);
  }
  counted_ += 1;
  if (depths_[nearest] > reach_) return;
  if (depths_[nearest] <= 1) covered_ += 1;
  bool alone = true;
  for (size_t k = 0; k < compared; ++k) {
    const size_t i = order_[k];
    if (i == nearest || depths_[i] > 1) continue;
    alone = false;
    common_ += 1;
    add(i, x, y, common_share_, step);
  }
  add(nearest, x, y, 1, step);
  if (alone) sums_[nearest].alone += 1;
}

/// Every `step`th pixel of every `step`th row.
void PixelSplit::share_out(std::span<const PixelRun> runs, int step) {
  std::fill(sums_.begin(), sums_.end(), Sums());
  counted_ = covered_ = common_ = 0;
  int32_t row = std::numeric_limits<int32_t>::min();
  size_t near = 0;
  for (const PixelRun& run : runs) {
    if (run.y % step != 0) continue;
    if (run.y != row) near = sort_by_row(run.y);
    row = run.y;
    for (int32_t x = run.first + (step - run.first % step) % step; x <= run.last; x += step)
      share_out(x, run.y, near, step);
  }
}

/// Each ellipse to its pixels. Returns how far the farthest went, px.
double PixelSplit::move() {
  double farthest = 0;
  for (size_t i = 0; i < ellipses_.size(); ++i) {
    Ellipse& ellipse = ellipses_[i];
    const Sums& sums = sums_[i];
    if (sums.weight <= 0) continue;
    const double dx = sums.x / sums.weight, dy = sums.y / sums.weight;
    ellipse.x += dx;
    ellipse.y += dy;
    farthest = std::max(farthest, std::abs(dx) + std::abs(dy));
    if (ellipse.major < kRound * ellipse.minor) continue;
    // The shorter way round: a direction is the same after half a turn.
    const double off = std::remainder(direction(spread_of(sums)) - ellipse.turn, kPi);
    ellipse.turn = std::remainder(ellipse.turn + kTurnRate * off, kPi);
    ellipse.aim();
  }
  return farthest;
}

void PixelSplit::report(std::span<const Part> known, double pixels) {
  const double strange = std::max(0.0, 1 - kEdges - covered_ / pixels);
  parts_.clear();
  for (size_t i = 0; i < known.size(); ++i) {
    const Sums& sums = sums_[i];
    const double size = std::sqrt(known[i].area), share = sums.weight / known[i].area;
    PixelPart part;
    part.turned = turned(known[i].spread, ellipses_[i].turn);
    part.shown = sums.any && share >= kLeastShown;
    if (part.shown) {
      const double dx = sums.x / sums.weight, dy = sums.y / sums.weight;
      part.x = ellipses_[i].x + dx;
      part.y = ellipses_[i].y + dy;
      part.area = sums.weight;
      part.spread = spread_of(sums);
      part.box = {static_cast<double>(sums.left), static_cast<double>(sums.top), sums.right - sums.left + 1.0,
                  sums.bottom - sums.top + 1.0};
      const double off = kSigmaPerHidden * square(1 - sums.alone / known[i].area) + kSigmaPerStrange * strange;
      part.variance = square(kSigma + off * size);
    }
    parts_.push_back(part);
  }
}

std::span<const PixelPart> PixelSplit::split(std::span<const PixelRun> runs, std::span<const Part> known) {
  double pixels = 0, together = 0;
  for (const PixelRun& run : runs) pixels += run.last - run.first + 1;
  for (const Part& part : known) together += part.area;
  if (runs.empty() || known.empty()) return {};
  const double hidden = std::max(0.0, together - pixels);
  const bool strange = pixels - together > kStrangeArea * pixels;
  reach_ = square(strange ? kStrangeReach : kReach);
  start(known);
  const double per_object = pixels / static_cast<double>(known.size());
  const int step = std::max(1, static_cast<int>(std::sqrt(per_object / kPixelsEnough)));
  common_share_ = hidden > 0 ? 1 : 0;
  const auto settle_common = [&](double scale) {
    common_share_ = common_ > 0 ? std::min(1.0, hidden / (common_ * scale)) : common_share_;
  };
  for (int pass = 0; pass < kMostPasses; ++pass) {
    share_out(runs, step);
    if (counted_ == 0) return {};
    settle_common(pixels / counted_);
    if (move() < kStill) break;
  }
  share_out(runs, 1);
  report(known, pixels);
  return parts_;
}

}  // namespace flashcell::tracking
