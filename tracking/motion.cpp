#include "tracking/motion.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

// In object sizes (square root of the area) and frame times.
constexpr double kFirstSpeed = 0.25;     ///< standard deviation of an unknown speed
constexpr double kFirstSpeedBox = 0.06;  ///< the same for a detector's boxes, which are large and slow in size units
constexpr double kMergedPlace = 0.1;     ///< standard deviation of the place after a turn
constexpr double kMergedTurn = 0.3;      ///< of the speed after a turn, by what it was before
constexpr double kTurnSpeed = 0.05;      ///< of a speed just measured from two sightings
constexpr double kLeastNoise = 0.001;    ///< of the acceleration
constexpr double kFirstNoise = 0.01;
constexpr double kMostNoise = 0.1;
constexpr double kBoxSigma = 0.05;  ///< of a detector box' centre
constexpr double kAdaptRate = 0.1;
constexpr double kMostSurprise = 4;
constexpr double kLeastShown = 0.85, kMostShown = 1.2;  ///< share of its area that an object alone and whole shows
constexpr int kSizeLasts = 30;                          ///< sightings on end after which another size is its own
constexpr int kSizeLastsYoung = 5;                      ///< and at least, of one that is not known for longer
constexpr double kDefaultGate = 16;                     ///< chi-square, 2 degrees of freedom: all but 1 in 3000

/// The exponential to 1e-6, for |x| <= 0.3: its series, in terms that need not wait for each other.
double exp_of_little(double x) {
  const double xx = x * x;
  return (1 + x) + xx * ((1.0 / 2 + x * (1.0 / 6)) + xx * (1.0 / 24 + x * (1.0 / 120)));
}

/// Normalized innovation squared per degree of freedom of a place measured with this variance; its mean is 1 where the
/// noise is right.
double surprise(const Track& track, double x, double y, double variance) {
  return (square(x - track.x.position()) / (track.x.variance() + variance) +
          square(y - track.y.position()) / (track.y.variance() + variance)) /
         2;
}

}  // namespace

Reach reach_of(const Detection& detection) {
  const Box& box = detection.box;
  return {detection.x - box.left, box.left + box.width - detection.x, detection.y - box.top,
          box.top + box.height - detection.y};
}

Box box_at(double x, double y, const Reach& reach) {
  return {x - reach.left, y - reach.top, reach.left + reach.right, reach.top + reach.bottom};
}

Motion::Motion(const TrackerParameters& parameters, double fps)
    : parameters_(parameters),
      frame_time_(1 / fps),
      gate_(parameters.gate > 0 ? parameters.gate : kDefaultGate),
      noise_unit_(std::pow(frame_time_, parameters.motion == MotionModel::constant_velocity ? -2 : -3)) {}

double Motion::speed_variance(double size, bool shape) const {
  double sigma = (shape ? kFirstSpeed : kFirstSpeedBox) * size / frame_time_;
  if (parameters_.max_speed > 0) sigma = std::min(sigma, parameters_.max_speed);
  return square(sigma);
}

double Motion::acceleration_variance(double size, bool shape) const {
  if (parameters_.motion == MotionModel::constant_velocity) return 0;
  return speed_variance(size, shape) * square(0.1 / frame_time_);
}

double Motion::measurement_variance(const Detection& detection) const {
  if (detection.has_shape) return square(parameters_.measurement_noise);
  return square(std::max(parameters_.measurement_noise, kBoxSigma * std::sqrt(detection.area)));
}

void Motion::start(Track& track, const Detection& detection) const {
  track.size = std::sqrt(detection.area);
  track.reach = reach_of(detection);
  track.spread = {detection.cov_xx, detection.cov_xy, detection.cov_yy};
  const double variance = measurement_variance(detection);
  const double speed = speed_variance(track.size, detection.has_shape);
  const double acceleration = acceleration_variance(track.size, detection.has_shape);
  track.x = AxisFilter(detection.x, 0, variance, speed, acceleration);
  track.y = AxisFilter(detection.y, 0, variance, speed, acceleration);
  track.process_noise =
      parameters_.process_noise > 0 ? parameters_.process_noise : kFirstNoise * track.size * noise_unit_;
}

void Motion::predict(Track& track, double dt) const {
  track.last_step = dt;
  track.x.predict(dt, track.process_noise, parameters_.motion);
  track.y.predict(dt, track.process_noise, parameters_.motion);
}

void Motion::adapt(Track& track, double surprise) const {
  if (parameters_.process_noise > 0) return;
  const double unit = track.size * noise_unit_;
  const double factor = exp_of_little(kAdaptRate * (std::min(surprise, kMostSurprise) - 1));
  track.process_noise = std::clamp(track.process_noise * factor, kLeastNoise * unit, kMostNoise * unit);
}

/// After a leap the old speed says nothing: it is taken from the last two sightings, where they follow each other.
void Motion::restart(Track& track, double x, double y, double variance, bool shape) const {
  const double acceleration = acceleration_variance(track.size, shape);
  const double dt = track.last_step;
  const bool successive = track.measured_before;
  const double speed = successive
                           ? std::min(speed_variance(track.size, shape), square(kTurnSpeed * track.size / frame_time_))
                           : speed_variance(track.size, shape);
  const double old_vx = track.x.speed(), old_vy = track.y.speed();
  const double vx = successive ? (x - track.last_x) / dt : old_vx;
  const double vy = successive ? (y - track.last_y) / dt : old_vy;
  const double fast = std::hypot(vx, vy);
  const double share = parameters_.max_speed > 0 && fast > parameters_.max_speed ? parameters_.max_speed / fast : 1;
  track.x = AxisFilter(x, share * vx, variance, speed, acceleration);
  track.y = AxisFilter(y, share * vy, variance, speed, acceleration);
}

void Motion::correct(Track& track, const Detection& detection) const {
  double x = detection.x, y = detection.y, variance = measurement_variance(detection);
  // After a leap there is no good prediction for the sides to fit; only a blob of several has still more wrong a
  // centroid.
  if (off_size(track, detection) && (track.match != Match::regained || detection.area > track.area())) {
    const auto nearer = [](double a, double b, double to) { return std::abs(a - to) < std::abs(b - to) ? a : b; };
    const Box& box = detection.box;
    x = nearer(box.left + track.reach.left, box.left + box.width - track.reach.right, track.x.position());
    y = nearer(box.top + track.reach.top, box.top + box.height - track.reach.bottom, track.y.position());
    variance += square(0.05 * track.size);
  }
  adapt(track, surprise(track, x, y, variance));
  if (track.match == Match::regained) {
    restart(track, x, y, variance, detection.has_shape);
    return;
  }
  track.x.update(x, variance);
  track.y.update(y, variance);
}

void Motion::correct_part(Track& track, const PixelPart& part) const {
  const double off = surprise(track, part.x, part.y, part.variance);
  adapt(track, off);
  track.spread = part.turned;
  // It has turned: at a wall, or at the others.
  if (2 * off > gate_) {
    restart(track, part.x, part.y, part.variance, true);
    return;
  }
  track.x.update(part.x, part.variance);
  track.y.update(part.y, part.variance);
}

void Motion::turn(const Track& track, AxisFilter& axis, double position, double speed) const {
  const bool shape = track.appearance.look().has_shape;
  const double least_speed = kTurnSpeed * track.size / frame_time_;
  const double off = std::max(least_speed, kMergedTurn * std::abs(axis.speed()));
  axis = AxisFilter(position, speed, square(kMergedPlace * track.size), square(off),
                    acceleration_variance(track.size, shape));
}

bool off_size(const Track& track, const Detection& detection) {
  return detection.has_shape && track.sightings >= 5 &&
         (detection.area < kLeastShown * track.area() || detection.area > kMostShown * track.area());
}

bool size_has_changed(const Track& track) {
  return track.off_size >= std::clamp(track.on_size, kSizeLastsYoung, kSizeLasts);
}

void learn_size(Track& track, const Detection& detection) {
  const bool off = off_size(track, detection);
  track.off_size = off ? track.off_size + 1 : 0;
  if (!off) ++track.on_size;
  const double weight = off ? 0.0 : std::max(0.1, 1.0 / (track.sightings + 1));
  track.size += weight * (std::sqrt(detection.area) - track.size);
  // How it is turned is not its own: the newest counts.
  if (!off) track.spread = {detection.cov_xx, detection.cov_xy, detection.cov_yy};
  const Reach reach = reach_of(detection);
  const double box_weight = detection.has_shape ? weight : 0.5;
  track.reach.left += box_weight * (reach.left - track.reach.left);
  track.reach.right += box_weight * (reach.right - track.reach.right);
  track.reach.top += box_weight * (reach.top - track.reach.top);
  track.reach.bottom += box_weight * (reach.bottom - track.reach.bottom);
}

void remeasure(Track& track, const Detection& detection, const Look& look) {
  track.size = std::sqrt(detection.area);
  track.reach = reach_of(detection);
  track.spread = {detection.cov_xx, detection.cov_xy, detection.cov_yy};
  track.appearance = Appearance(look);
  track.off_size = 0;
  track.on_size = 1;
}

}  // namespace flashcell::tracking
