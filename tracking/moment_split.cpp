#include "tracking/moment_split.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::tracking {
namespace {

constexpr double kMostMismatch = 0.08;  ///< of the blob's area
constexpr double kPartSigma = 0.03;     ///< of the parts' size
constexpr double kSigmaPerMismatch = 1;

}  // namespace

std::optional<PartPlaces> split_by_moments(const Detection& blob, const Part& a, const Part& b) {
  const double mismatch = std::abs(a.area + b.area - blob.area) / blob.area;
  if (!blob.has_shape || mismatch > kMostMismatch) return {};
  const double share_a = a.area / (a.area + b.area), share_b = 1 - share_a;
  // share_a * share_b * d * d^T, with d from a to b; turned parts leave something across it as well.
  const double xx = blob.cov_xx - share_a * a.spread.xx - share_b * b.spread.xx;
  const double xy = blob.cov_xy - share_a * a.spread.xy - share_b * b.spread.xy;
  const double yy = blob.cov_yy - share_a * a.spread.yy - share_b * b.spread.yy;
  const double half_difference = (xx - yy) / 2;
  const double root = std::sqrt(half_difference * half_difference + xy * xy);
  const double along = (xx + yy) / 2 + root, across = (xx + yy) / 2 - root;
  if (!(along > 0) || std::abs(across) > along) return {};
  const double angle = std::atan2(xy, half_difference) / 2;
  const double distance = std::sqrt(along / (share_a * share_b));
  double dx = distance * std::cos(angle), dy = distance * std::sin(angle);
  if (dx * (b.x - a.x) + dy * (b.y - a.y) < 0) {
    dx = -dx;
    dy = -dy;
  }
  const double size = std::sqrt(std::max(a.area, b.area));
  // Half of what is wrong along d is half as wrong in the places.
  const double turned = across / (4 * share_a * share_b * distance);
  const double sigma = (kPartSigma + kSigmaPerMismatch * mismatch) * size;
  return PartPlaces{blob.x - share_b * dx, blob.y - share_b * dy, blob.x + share_a * dx, blob.y + share_a * dy,
                    sigma * sigma + turned * turned};
}

}  // namespace flashcell::tracking
