#include "tracking/kalman.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>

namespace flashcell::tracking {
namespace {

/// The textbook equations on full matrices, in Joseph's form.
struct PlainFilter {
  Eigen::VectorXd state;
  Eigen::MatrixXd covariance;

  void predict(const Eigen::MatrixXd& f, const Eigen::VectorXd& noise_gain, double noise) {
    state = f * state;
    covariance = f * covariance * f.transpose() + noise * noise * noise_gain * noise_gain.transpose();
  }
  void update(double measured, double variance) {
    Eigen::RowVectorXd h = Eigen::RowVectorXd::Zero(state.size());
    h[0] = 1;
    const Eigen::VectorXd gain = covariance * h.transpose() / (h * covariance * h.transpose() + variance);
    const Eigen::MatrixXd rest = Eigen::MatrixXd::Identity(state.size(), state.size()) - gain * h;
    state += gain * (measured - state[0]);
    covariance = rest * covariance * rest.transpose() + variance * gain * gain.transpose();
  }
};

TEST(Kalman, ConstantVelocityEqualsPlainMatrices) {
  AxisFilter filter(5, 1, 4, 9, 0);
  PlainFilter plain{Eigen::Vector2d(5, 1), Eigen::Vector2d(4, 9).asDiagonal()};
  for (int i = 0; i < 50; ++i) {
    const double dt = 0.1 + 0.05 * (i % 3), measured = 5 + 0.7 * i + (i % 5) * 0.1;
    filter.predict(dt, 2, MotionModel::constant_velocity);
    filter.update(measured, 0.25);
    plain.predict((Eigen::Matrix2d() << 1, dt, 0, 1).finished(), Eigen::Vector2d(dt * dt / 2, dt), 2);
    plain.update(measured, 0.25);
    EXPECT_NEAR(filter.position(), plain.state[0], 1e-9);
    EXPECT_NEAR(filter.speed(), plain.state[1], 1e-9);
    EXPECT_TRUE((filter.covariance().topLeftCorner<2, 2>().isApprox(plain.covariance, 1e-9)));
  }
}

TEST(Kalman, ConstantAccelerationEqualsPlainMatrices) {
  AxisFilter filter(0, 0, 1, 4, 16);
  PlainFilter plain{Eigen::Vector3d::Zero(), Eigen::Vector3d(1, 4, 16).asDiagonal()};
  for (int i = 0; i < 50; ++i) {
    const double dt = 0.2, measured = 0.05 * i * i;
    filter.predict(dt, 3, MotionModel::constant_acceleration);
    filter.update(measured, 0.5);
    plain.predict((Eigen::Matrix3d() << 1, dt, dt * dt / 2, 0, 1, dt, 0, 0, 1).finished(),
                  Eigen::Vector3d(dt * dt * dt / 6, dt * dt / 2, dt), 3);
    plain.update(measured, 0.5);
    EXPECT_TRUE(filter.state().isApprox(plain.state, 1e-9));
    EXPECT_TRUE(filter.covariance().isApprox(plain.covariance, 1e-9));
  }
}

}  // namespace
}  // namespace flashcell::tracking
