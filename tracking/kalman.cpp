#include "tracking/kalman.hpp"

namespace flashcell::tracking {

AxisFilter::AxisFilter(double position, double speed, double position_variance, double speed_variance,
                       double acceleration_variance)
    : position_(position), speed_(speed), p00_(position_variance), p11_(speed_variance), p22_(acceleration_variance) {}

void AxisFilter::predict(double dt, double noise, MotionModel model) {
  const double half = dt * dt / 2;
  position_ += dt * speed_ + half * acceleration_;
  speed_ += dt * acceleration_;
  // F P F^T with F = [1 dt half; 0 1 dt; 0 0 1]; f.. is F P.
  const double f00 = p00_ + (dt * p10_ + half * p20_), f01 = p10_ + (dt * p11_ + half * p21_);
  const double f02 = p20_ + (dt * p21_ + half * p22_);
  const double f11 = p11_ + dt * p21_, f12 = p21_ + dt * p22_;
  p00_ = f00 + (dt * f01 + half * f02);
  p10_ = f01 + dt * f02;
  p11_ = f11 + dt * f12;
  p20_ = f02;
  p21_ = f12;
  if (model == MotionModel::constant_velocity) {
    const double g0 = half * noise, g1 = dt * noise;
    p00_ += g0 * g0;
    p10_ += g1 * g0;
    p11_ += g1 * g1;
  } else {
    const double g0 = half * dt / 3 * noise, g1 = half * noise, g2 = dt * noise;
    p00_ += g0 * g0;
    p10_ += g1 * g0;
    p11_ += g1 * g1;
    p20_ += g2 * g0;
    p21_ += g2 * g1;
    p22_ += g2 * g2;
  }
}

void AxisFilter::update(double measured, double variance) {
  const double spread = p00_ + variance, off = measured - position_;
  const double gain0 = p00_ / spread, gain1 = p10_ / spread, gain2 = p20_ / spread;
  position_ += gain0 * off;
  speed_ += gain1 * off;
  acceleration_ += gain2 * off;
  p22_ -= gain2 * p20_;
  p21_ -= gain2 * p10_;
  p20_ -= gain2 * p00_;
  p11_ -= gain1 * p10_;
  p10_ -= gain1 * p00_;
  p00_ -= gain0 * p00_;
}

AxisFilter::Matrix AxisFilter::covariance() const {
  Matrix p;
  p << p00_, p10_, p20_, p10_, p11_, p21_, p20_, p21_, p22_;
  return p;
}

}  // namespace flashcell::tracking
