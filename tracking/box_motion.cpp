#include "tracking/box_motion.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

// In sizes and seconds.
constexpr double kMeasuredSigma = 0.1;    ///< standard deviation of a measured centre or extent
constexpr double kFirstBoxSpeed = 0.8;    ///< of an unknown speed
constexpr double kAcceleration = 0.05;    ///< spectral density of the acceleration, sizes^2/s^3
constexpr double kExtentGrowth = 0.0075;  ///< variance that an extent gains, sizes^2/s

constexpr double kBoxAdaptRate = 0.05;
constexpr double kMostBoxSurprise = 20;
constexpr double kMostRestless = 1e6;

double size_of(const Box& box) {
  return std::sqrt(box.area());
}

}  // namespace

double box_sigma(const Box& box) {
  return kMeasuredSigma * size_of(box);
}

void BoxMotion::start(BoxTrack& track, const Box& box) const {
  const double variance = square(box_sigma(box)), speed = square(kFirstBoxSpeed * size_of(box));
  track.x = AxisFilter(box.left + box.width / 2, 0, variance, speed, 0);
  track.y = AxisFilter(box.top + box.height / 2, 0, variance, speed, 0);
  track.width = LevelFilter(box.width, variance);
  track.height = LevelFilter(box.height, variance);
  track.restlessness = 1;
}

void BoxMotion::predict(BoxTrack& track, double dt) const {
  const double area = track.box().area();
  // White noise, so that many short steps are one long one.
  const double noise = std::sqrt(track.restlessness * kAcceleration * area / dt);
  track.x.predict(dt, noise, MotionModel::constant_velocity);
  track.y.predict(dt, noise, MotionModel::constant_velocity);
  track.width.predict(kExtentGrowth * area * dt);
  track.height.predict(kExtentGrowth * area * dt);
}

void BoxMotion::correct(BoxTrack& track, const Box& box) const {
  const double variance = square(box_sigma(track.box()));
  const double x = box.left + box.width / 2, y = box.top + box.height / 2;
  // Its mean is 1 where the noise is right.
  const double surprise = (square(x - track.x.position()) / (track.x.variance() + variance) +
                           square(y - track.y.position()) / (track.y.variance() + variance)) /
                          2;
  const double factor = std::exp(kBoxAdaptRate * (std::min(surprise, kMostBoxSurprise) - 1));
  track.restlessness = std::clamp(track.restlessness * factor, 1.0, kMostRestless);
  track.x.update(x, variance);
  track.y.update(y, variance);
  track.width.update(box.width, variance);
  track.height.update(box.height, variance);
}

}  // namespace flashcell::tracking
