#include "tracking/camera_motion.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace flashcell::tracking {
namespace {

constexpr size_t kLeastObjects = 4;  ///< of fewer, the median is one object's own
constexpr double kMemory = 2;        ///< s over which the camera's habits are learned
/// Variance of a median of n by the square of the median absolute deviation: (1.4826 * 1.2533)^2 / n. Twice as much,
/// because objects do not move independently: people walk in groups.
constexpr double kVarianceOfMedian = 2 * 3.4527;
constexpr double kLeastVariance = 1e-12;

/// Reorders `values`.
double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void CameraMotion::add(double x, double y) {
  x_.off.push_back(x);
  y_.off.push_back(y);
}

double CameraMotion::Axis::estimate(double rate) {
  const double shift = median(off);
  for (double& value : off) value = std::abs(value - shift);
  const double spread = median(off);
  const double error = kVarianceOfMedian * spread * spread / static_cast<double>(off.size()) + kLeastVariance;
  variance += rate * (shift * shift - error - variance);
  const double moves = std::max(0.0, variance);
  return shift * moves / (moves + error);
}

CameraMotion::Shift CameraMotion::estimate(double dt) {
  Shift shift;
  if (x_.off.size() >= kLeastObjects) {
    const double rate = 1 - std::exp(-dt / kMemory);
    shift = {x_.estimate(rate), y_.estimate(rate)};
  }
  x_.off.clear();
  y_.off.clear();
  return shift;
}

}  // namespace flashcell::tracking
