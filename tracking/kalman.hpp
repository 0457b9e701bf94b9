#pragma once
#include <Eigen/Core>

#include "tracking/tracker.hpp"

namespace flashcell::tracking {

/// Kalman filter of one coordinate (Kalman 1960): state position, speed and, in the constant-acceleration model,
/// acceleration, in px and s. The two coordinates of an object have independent noise, so each has a filter of its own.
class AxisFilter {
 public:
  using Vector = Eigen::Vector3d;
  using Matrix = Eigen::Matrix3d;

  AxisFilter() = default;
  /// At `position` px with `speed` px/s, known to these variances (of the acceleration 0 for constant velocity).
  AxisFilter(double position, double speed, double position_variance, double speed_variance,
             double acceleration_variance);

  /// `dt` s ahead. `noise`: standard deviation of what the model holds constant less one order: the acceleration
  /// (px/s^2) over the step for constant velocity, the jerk (px/s^3) for constant acceleration (piecewise constant,
  /// Bar-Shalom 2001, 6.3).
  void predict(double dt, double noise, MotionModel model);

  /// Measured position with variance `variance` px^2 > 0.
  void update(double measured, double variance);

  /// The coordinate's origin moves: what lay at 0 lies at `by` px.
  void shift(double by) { position_ += by; }

  double position() const { return position_; }
  double speed() const { return speed_; }
  double variance() const { return p00_; }
  Vector state() const { return {position_, speed_, acceleration_}; }
  Matrix covariance() const;

 private:
  double position_ = 0, speed_ = 0, acceleration_ = 0;
  // The covariance, which is symmetric: p<row><column>. Written out, because general matrices cost several times as
  // much, and this is what a tracker does most often.
  double p00_ = 0, p10_ = 0, p11_ = 0, p20_ = 0, p21_ = 0, p22_ = 0;
};

}  // namespace flashcell::tracking
