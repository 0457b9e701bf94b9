#include "pipeline/count_meter.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace flashcell {
namespace {

using tracking::TrackRow;
using tracking::TrackState;

TrackRow row(int64_t frame, TrackState state = TrackState::visible) {
  TrackRow made;
  made.frame = frame;
  made.state = state;
  return made;
}

TEST(CountMeter, PredictedRowsAreNotSeen) {
  CountMeter meter({2, 2}, 0);
  meter.add(0, std::vector{row(0), row(0, TrackState::merged)}, {});
  meter.add(1, std::vector{row(1), row(1, TrackState::predicted)}, {});
  meter.add(2, std::vector{row(2), row(2), row(2)}, {});
  EXPECT_EQ(meter.met(), 1u);
}

TEST(CountMeter, LateRowsCountForTheirFrameAndMissingFramesForNone) {
  CountMeter meter({1, 3}, 10);
  meter.add(4, {}, {});
  meter.add(9, std::vector{row(9)}, std::vector{row(4)});
  meter.add(30, {}, std::vector{row(9), row(9), row(9)});
  EXPECT_EQ(meter.met(), 1u) << "frame 4; frame 9 had four";
}

TEST(CountMeter, EqualsCountingAllRowsAtTheEnd) {
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    const int64_t reach = static_cast<int64_t>(random() % 8);
    const tracking::ObjectCount count{1, 1 + static_cast<int>(random() % 3)};
    CountMeter meter(count, reach);
    std::map<int64_t, int> objects;
    int64_t frame = static_cast<int64_t>(random() % 5);
    for (int i = 0; i < 100; ++i, frame += 1 + static_cast<int64_t>(random() % 3)) {
      objects[frame] = 0;
      std::vector<TrackRow> rows(random() % 4, row(frame)), late;
      for (int64_t before = std::max<int64_t>(0, frame - reach); before < frame; ++before) {
        if (objects.count(before) != 0 && random() % 4 == 0) late.push_back(row(before));
      }
      for (const auto& some : {rows, late}) {
        for (const TrackRow& r : some) ++objects[r.frame];
      }
      meter.add(frame, rows, late);
    }
    uint64_t met = 0;
    for (const auto& entry : objects) met += count.met_by(entry.second);
    EXPECT_EQ(meter.met(), met);
  }
}

TEST(CountMeter, RegionsAreCountedEachAlone) {
  // Two regions of a column each, of the second nobody knows the count; the third column is in none.
  const auto regions = std::make_shared<tracking::RegionMap>(
      3, 1, std::vector<tracking::NamedRegion>{{"one", {1, 1}, {}}, {"any", {}, {}}}, std::vector<uint16_t>{1, 2, 0});
  const auto at = [](int64_t frame, double x, TrackState state = TrackState::visible) {
    TrackRow made = row(frame, state);
    made.x = x;
    return made;
  };
  CountMeter meter(regions, 5);
  meter.add(0, std::vector{at(0, 0), at(0, 1), at(0, 1), at(0, 2)}, {});
  meter.add(1, std::vector{at(1, 0), at(1, 0)}, {});
  meter.add(2, std::vector{at(2, 0, TrackState::predicted)}, {});
  meter.add(3, {}, std::vector{at(2, 0.4), at(1, 7)});
  meter.add(40, {}, {});
  EXPECT_EQ(meter.met(), 2u) << "frames 0 and 2";
  EXPECT_EQ(meter.each_met(), (std::vector<uint64_t>{2, 5}));
}

}  // namespace
}  // namespace flashcell
