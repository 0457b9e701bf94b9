#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/events/time_surface.hpp"
#include "host/events/voxel_grid.hpp"
#include "tests/host/events/event_files.hpp"

namespace flashcell::test {
namespace {

constexpr int kColumns = 20, kRows = 15;

TEST(VoxelGrid, EveryBinIsTheSumOfItsFormula) {
  const std::vector<Event> events = random_events(4000, kColumns + 1, kRows + 1, 3);
  const int64_t start = events.front().time_us + 500, end = events.back().time_us - 500;
  for (const int bins : {1, 2, 5}) {
    for (const VoxelSign sign : {VoxelSign::signed_sum, VoxelSign::by_polarity}) {
      const VoxelGridShape shape{bins, kColumns, kRows, sign};
      const std::vector<float> grid = voxel_grid(events, start, end, shape);
      ASSERT_EQ(grid.size(), static_cast<size_t>(shape.channels() * kColumns * kRows));
      for (int channel = 0; channel < shape.channels(); ++channel) {
        for (int y = 0; y < kRows; ++y) {
          for (int x = 0; x < kColumns; ++x) {
            double sum = 0;
            for (const Event& e : events) {
              if (e.x != x || e.y != y || e.time_us < start || e.time_us > end) continue;
              if (sign == VoxelSign::by_polarity && e.on != (channel >= bins)) continue;
              const double t = (bins - 1) * static_cast<double>(e.time_us - start) / static_cast<double>(end - start);
              const double weight = std::max(0.0, 1 - std::abs(channel % bins - t));
              sum += sign == VoxelSign::by_polarity || e.on ? weight : -weight;
            }
            EXPECT_NEAR(grid[static_cast<size_t>((channel * kRows + y) * kColumns + x)], sum, 1e-4);
          }
        }
      }
    }
  }
}

TEST(VoxelGrid, HoldsEachEventOnce) {
  const std::vector<Event> events = random_events(1000, kColumns, kRows, 5);
  const std::vector<float> grid =
      voxel_grid(events, events.front().time_us, events.back().time_us, {7, kColumns, kRows, VoxelSign::by_polarity});
  double sum = 0;
  for (const float value : grid) sum += value;
  EXPECT_NEAR(sum, 1000, 1e-2);
  EXPECT_THROW(voxel_grid(events, 5, 5, {7, kColumns, kRows}), std::invalid_argument);
  EXPECT_THROW(voxel_grid(events, 5, 6, {0, kColumns, kRows}), std::invalid_argument);
}

TEST(TimeSurface, IsTheAgeOfEachPixelsLastEvent) {
  std::vector<Event> events = random_events(3000, kColumns + 2, kRows + 1, 8);
  std::swap(events[100], events[2000]);
  const int64_t at = events[2500].time_us;
  const double tau = 3000;
  const std::vector<float> surface = time_surface(events, at, tau, kColumns, kRows);
  ASSERT_EQ(surface.size(), static_cast<size_t>(2 * kColumns * kRows));
  for (int channel = 0; channel < 2; ++channel) {
    for (int y = 0; y < kRows; ++y) {
      for (int x = 0; x < kColumns; ++x) {
        double newest = 0;
        for (const Event& e : events) {
          if (e.x == x && e.y == y && e.on == (channel == 1) && e.time_us <= at)
            newest = std::max(newest, std::exp(-static_cast<double>(at - e.time_us) / tau));
        }
        EXPECT_NEAR(surface[static_cast<size_t>((channel * kRows + y) * kColumns + x)], newest, 1e-6);
      }
    }
  }
  EXPECT_THROW(time_surface(events, at, 0, kColumns, kRows), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::test
