#include "host/model/speed_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flashcell::host {
namespace {

/// 512 x 512 grey at 300 MHz, one frame a launch, with some 100 objects to bring back.
SpeedCase frame_at(double pixels_per_clock) {
  SpeedCase c;
  c.cost = transfer_cost(contract::BoardFamily::pcie);
  c.frame_bytes = 512 * 512;
  c.result_bytes = 100 * 64;
  c.kernel_us = 512 * 512 / pixels_per_clock / 300;
  return c;
}

// Latency and rate that were computed elsewhere from the same published logs; the kernel's fill is not in ours.
TEST(SpeedModel, AgreesWithTheTableOfPublishedLogs) {
  struct Row {
    double pixels_per_clock, latency_low, latency_high, fps;
  };
  for (const Row& row : {Row{1, 953, 1001, 1139}, Row{2, 515, 563, 2276}, Row{4, 296, 344, 4546},
                         Row{8, 186, 234, 9065}, Row{16, 131, 179, 15750}}) {
    const SpeedEstimate e = estimate_speed(frame_at(row.pixels_per_clock));
    EXPECT_NEAR(e.latency_us_low, row.latency_low, 0.02 * row.latency_low) << row.pixels_per_clock;
    EXPECT_NEAR(e.latency_us_high, row.latency_high, 0.02 * row.latency_high) << row.pixels_per_clock;
    EXPECT_NEAR(e.fps, row.fps, 0.02 * row.fps) << row.pixels_per_clock;
  }
}

TEST(SpeedModel, NamesTheBound) {
  EXPECT_EQ(estimate_speed(frame_at(1)).bound, SpeedBound::kernel);
  EXPECT_EQ(estimate_speed(frame_at(64)).bound, SpeedBound::transfers);
  SpeedCase one_at_a_time = frame_at(64);
  one_at_a_time.launches_in_flight = 1;
  const SpeedEstimate e = estimate_speed(one_at_a_time);
  EXPECT_EQ(e.bound, SpeedBound::flight);
  EXPECT_NEAR(e.fps, 1e6 / e.latency_us_high, 1e-6);
}

TEST(SpeedModel, MoreFramesALaunchTradeLatencyForRate) {
  SpeedCase one = frame_at(64), eight = one;
  one.camera_fps = eight.camera_fps = 20000;
  eight.frames_per_launch = 8;
  const SpeedEstimate a = estimate_speed(one), b = estimate_speed(eight);
  EXPECT_EQ(a.wait_us, 0);
  EXPECT_DOUBLE_EQ(b.wait_us, 350);
  EXPECT_GT(b.fps, a.fps);
  EXPECT_GT(b.latency_us_low, a.latency_us_low);
}

TEST(SpeedModel, AdviceFollowsTheBound) {
  const auto advice = [](const SpeedCase& c) { return advice_for(estimate_speed(c), c); };
  EXPECT_THAT(advice(frame_at(1)), testing::HasSubstr("compute units"));
  SpeedCase small = frame_at(64);
  small.frame_bytes = 64 * 64;
  EXPECT_THAT(advice(small), testing::HasSubstr("frames a launch"));
  SpeedCase large = frame_at(64);
  large.frame_bytes *= 12;
  EXPECT_THAT(advice(large), testing::HasSubstr("fewer bytes"));
}

}  // namespace
}  // namespace flashcell::host
