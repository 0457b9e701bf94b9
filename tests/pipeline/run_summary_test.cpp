#include <gtest/gtest.h>

#include "pipeline/bounded_series.hpp"
#include "pipeline/run_summary.hpp"

namespace flashcell {
namespace {

TEST(BoundedSeries, StaysBoundedAndLosesNothing) {
  BoundedSeries series(64);
  const int64_t frames = 100000;
  for (int64_t f = 0; f < frames; ++f) series.add(f, static_cast<double>(f % 1000));
  EXPECT_LE(series.points().size(), 64u);
  uint64_t count = 0;
  double sum = 0;
  int64_t last = -1;
  for (const BoundedSeries::Point& p : series.points()) {
    EXPECT_GT(p.frame, last);
    EXPECT_EQ(p.frame % series.stride(), 0);
    last = p.frame;
    count += p.count;
    sum += p.sum;
    EXPECT_EQ(p.min, 0);
    EXPECT_EQ(p.max, 999);
  }
  EXPECT_EQ(count, static_cast<uint64_t>(frames));
  EXPECT_EQ(sum, 499.5 * static_cast<double>(frames));
}

TEST(BoundedSeries, BridgesALongGap) {
  BoundedSeries series(4);
  for (int64_t f = 0; f < 4; ++f) series.add(f, 1);
  series.add(1'000'000'000'000, 5);
  ASSERT_EQ(series.points().size(), 3u);
  EXPECT_EQ(series.points().back().mean(), 5);
}

contract::FrameSummary found(uint32_t objects, uint32_t lost, uint32_t too_small, uint32_t too_large) {
  contract::FrameSummary f;
  f.objects = objects;
  f.lost = lost;
  f.too_small = too_small;
  f.too_large = too_large;
  f.foreground = 300;
  f.outside = 100;
  return f;
}

TEST(RunSummary, CountsObjects) {
  RunSummary summary;
  EXPECT_EQ(summary.objects_mean(), 0);
  EXPECT_EQ(summary.left_out_text(), "");
  EXPECT_TRUE(summary.left_out_warnings().empty());
  summary.count_objects(found(4, 1, 2, 1), {});
  summary.count_objects(found(2, 0, 3, 0), {});
  EXPECT_EQ(summary.frames, 2u);
  EXPECT_EQ(summary.objects_min, 2u);
  EXPECT_EQ(summary.objects_max, 4u);
  EXPECT_EQ(summary.objects_mean(), 3);
  EXPECT_EQ(summary.objects_lost, 1u);
  EXPECT_EQ(summary.objects_too_small, 5u);
  EXPECT_EQ(summary.objects_too_large, 1u);
  EXPECT_EQ(summary.pixels, 600u);
  EXPECT_EQ(summary.pixels_outside, 200u);
  EXPECT_EQ(summary.count_text(), "");
  summary.count = {2, 5};
  summary.frames_count_met = 1;
  EXPECT_EQ(summary.count_text(), "2..5 objects in 1 of 2 frames (50.0 %)");
  summary.dropped = {{"input queue full", 3}, {"gap in the recording", 4}};
  EXPECT_EQ(summary.dropped_frames(), 7u);
}

TEST(RunSummary, TheRegionsThatMissTheirCountMostAreNamed) {
  RunSummary summary;
  EXPECT_FALSE(summary.counted());
  for (int frame = 0; frame < 100; ++frame) summary.count_objects({.objects = 5}, {});
  summary.regions = {{"A1", {1, 1}, 100}, {"A2", {2, 3}, 91}, {"B1", {1, 1}, 95}};
  summary.frames_count_met = 88;
  EXPECT_TRUE(summary.counted());
  EXPECT_FALSE(summary.count_often_missed()) << "each in nine of ten frames";
  EXPECT_EQ(
      summary.count_text(),
      "each region's count in 88 of 100 frames (88.0 %); most often missed: A2: 2..3 objects in 91 of 100 frames, "
      "B1: 1 object in 95 of 100 frames");
  summary.regions[0].frames_met = 40;
  EXPECT_TRUE(summary.count_often_missed());
  EXPECT_EQ(summary.missed_regions().rfind("A1: 1 object in 40 of 100 frames, A2", 0), 0u);
}

TEST(RunSummary, SpeedWithoutOutputsIsOfTheStagesBeforeThem) {
  RunSummary summary;
  EXPECT_EQ(summary.frames_per_s_without_outputs(), 0);
  for (const char* name : {"read", "track", RunSummary::kWriteStage, "frame to result"}) {
    summary.stages.emplace_back(name);
    for (int i = 0; i < 3; ++i) summary.stages.back().record(i, 100'000 * static_cast<int64_t>(summary.stages.size()));
  }
  EXPECT_NEAR(summary.frames_per_s_without_outputs(), 1e9 / 300'000, 1)
      << "0.1 and 0.2 ms; writing and the sum do not count";
}

}  // namespace
}  // namespace flashcell
