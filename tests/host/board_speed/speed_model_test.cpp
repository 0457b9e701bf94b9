#include "host/board_speed/speed_model.hpp"

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

/// A frame of 512 x 512 grey at 300 MHz, with 16 kB of results.
MemoryCost memory_of(const char* board, int units = 1, double clock_mhz = 300) {
  return memory_cost(*contract::find_board(board), 512 * 512, 16000, units, clock_mhz);
}

TEST(SpeedModel, MemoryPortsAreAsWideAsTheirBoards) {
  EXPECT_DOUBLE_EQ(memory_of("u50").bytes_per_clock, 48);
  EXPECT_DOUBLE_EQ(memory_of("u200").bytes_per_clock, 64);
  EXPECT_DOUBLE_EQ(memory_of("kv260").bytes_per_clock, 16);
  EXPECT_DOUBLE_EQ(memory_of("kv260", 1, 150).bytes_per_clock, 16) << "an HP port goes with the kernel's clock";
  EXPECT_DOUBLE_EQ(memory_of("u50", 1, 150).bytes_per_clock, 64) << "the port is no wider than that";
  // HBM: reading and writing go through channels of their own; else they share.
  EXPECT_DOUBLE_EQ(memory_of("u50").frame_us, 512 * 512 / 14400.0);
  EXPECT_DOUBLE_EQ(memory_of("u250").frame_us, (512 * 512 + 16000) / 19200.0);
  EXPECT_EQ(memory_of("u50", 8).ways, 8);
  EXPECT_EQ(memory_of("u250", 8).ways, 4);
  EXPECT_EQ(memory_of("zcu104", 8).ways, 1);
}

/// The kernel would take 64 pixels a clock: 73 242 frames/s. An embedded board's port brings 16.
TEST(SpeedModel, MemoryBoundsTheRate) {
  for (const contract::Board& board : contract::kBoards) {
    SpeedCase c = frame_at(64);
    c.cost = {0, 1e9, 0, 1e9, 0, 0, ""};
    c.launches_in_flight = 64;
    EXPECT_EQ(estimate_speed(c).bound, SpeedBound::kernel);
    const MemoryCost memory = memory_cost(board, c.frame_bytes, c.result_bytes, 1, 300);
    c.memory_us = memory.frame_us;
    c.memory_ways = memory.ways;
    const SpeedEstimate e = estimate_speed(c);
    EXPECT_EQ(e.bound, SpeedBound::memory) << board.name;
    EXPECT_LE(e.fps, 300e6 * memory.bytes_per_clock / c.frame_bytes) << board.name;
    EXPECT_DOUBLE_EQ(e.kernel_us, memory.frame_us) << board.name;
    EXPECT_THAT(advice_for(e, c), testing::HasSubstr("fewer bytes")) << board.name;
  }
  SpeedCase slow = frame_at(1);
  slow.memory_us = 20;
  EXPECT_EQ(estimate_speed(slow).bound, SpeedBound::kernel) << "memory faster than the kernel changes nothing";
  EXPECT_DOUBLE_EQ(estimate_speed(slow).fps, estimate_speed(frame_at(1)).fps);
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
