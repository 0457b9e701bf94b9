#include "tracking/kalman.hpp"

#include <algorithm>

namespace flashcell::tracking {

AxisFilter::AxisFilter(double position, double speed, double position_variance, double speed_variance,
                       double acceleration_variance)
    : state_(position, speed, 0),
      covariance_(Vector(position_variance, speed_variance, acceleration_variance).asDiagonal()) {}

void AxisFilter::predict(double dt, double noise, MotionModel model) {
  const double half = dt * dt / 2;
  Vector gain;
  if (model == MotionModel::constant_velocity) {
    gain = Vector(half, dt, 0);
  } else {
    gain = Vector(half * dt / 3, half, dt);
  }
  gain *= noise;
  // F = [1 dt half; 0 1 dt; 0 0 1], applied to rows, then columns; F * P * F^T without the zeros.
  Matrix& p = covariance_;
  p.row(0) += dt * p.row(1) + half * p.row(2);
  p.row(1) += dt * p.row(2);
  p.col(0) += dt * p.col(1) + half * p.col(2);
  p.col(1) += dt * p.col(2);
  p += gain * gain.transpose();
  state_[0] += dt * state_[1] + half * state_[2];
  state_[1] += dt * state_[2];
}

void AxisFilter::update(double measured, double variance) {
  const Vector column = covariance_.col(0);
  const Vector gain = column / (column[0] + variance);
  state_ += gain * (measured - state_[0]);
  covariance_ -= gain * column.transpose();
}

}  // namespace flashcell::tracking
