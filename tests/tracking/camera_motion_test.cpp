#include "tracking/camera_motion.hpp"

#include <gtest/gtest.h>

#include <random>

namespace flashcell::tracking {
namespace {

constexpr double kFrame = 1 / 25.0;

TEST(CameraMotion, AJoltIsFollowedThoughOneObjectGoesItsOwnWay) {
  CameraMotion camera;
  std::mt19937 random(3);
  std::normal_distribution<double> noise(0, 1);
  for (int frame = 0; frame < 50; ++frame) {
    for (int i = 0; i < 9; ++i) camera.add(noise(random), noise(random));
    camera.estimate(kFrame);
  }
  for (int i = 0; i < 8; ++i) camera.add(40 + noise(random), -25 + noise(random));
  camera.add(-90, 60);
  const CameraMotion::Shift shift = camera.estimate(kFrame);
  EXPECT_NEAR(shift.x, 40, 2);
  EXPECT_NEAR(shift.y, -25, 2);
}

TEST(CameraMotion, ACameraThatStandsStillMovesNothing) {
  CameraMotion camera;
  std::mt19937 random(4);
  std::normal_distribution<double> noise(0, 5);
  double moved = 0, median_error = 0;
  for (int frame = 0; frame < 500; ++frame) {
    for (int i = 0; i < 9; ++i) camera.add(noise(random), noise(random));
    const CameraMotion::Shift shift = camera.estimate(kFrame);
    if (frame >= 100) moved += shift.x * shift.x;
    median_error = 1.57 * 25 / 9;  // variance of the median of nine
  }
  EXPECT_LT(moved / 400, median_error / 20);
}

TEST(CameraMotion, FewObjectsSayNothing) {
  CameraMotion camera;
  for (int i = 0; i < 3; ++i) camera.add(30, 30);
  EXPECT_EQ(camera.estimate(kFrame).x, 0);
  EXPECT_EQ(camera.estimate(kFrame).y, 0) << "those of the frame before are forgotten";
  for (int i = 0; i < 4; ++i) camera.add(30, 30);
  EXPECT_NEAR(camera.estimate(kFrame).x, 30, 1e-6);
}

}  // namespace
}  // namespace flashcell::tracking
