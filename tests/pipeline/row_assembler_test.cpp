#include "pipeline/row_assembler.hpp"

#include <algorithm>
#include <random>

#include "tests/host/sink/support.hpp"

namespace flashcell {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::row_at;

std::vector<std::pair<int64_t, uint32_t>> keys(const std::vector<AssembledRow>& rows) {
  std::vector<std::pair<int64_t, uint32_t>> out;
  for (const AssembledRow& r : rows) out.emplace_back(r.row.frame, r.row.id);
  return out;
}

// Tracks that are confirmed up to `latest` frames after their first sighting; frames with gaps.
struct Recording {
  std::vector<OwnedResult> results;
  std::vector<std::pair<int64_t, uint32_t>> expected;
};

Recording random_recording(uint32_t seed, int64_t latest) {
  std::mt19937 random(seed);
  std::vector<int64_t> numbers;
  for (int64_t f = 0; f < 200; ++f) {
    if (random() % 10 != 0) numbers.push_back(f);
  }
  Recording recording;
  for (const int64_t f : numbers) {
    recording.results.push_back(blank_result(f));
    recording.results.back().frame.device_time_ns = 7 * f;
  }
  uint32_t next_id = 1;
  for (size_t confirmed = 0; confirmed < numbers.size(); ++confirmed) {
    for (uint32_t k = random() % 3; k > 0; --k) {
      const uint32_t id = next_id++;
      size_t first = confirmed;
      while (first > 0 && numbers[confirmed] - numbers[first - 1] <= latest && random() % 4 != 0) --first;
      const size_t last = std::min(numbers.size() - 1, confirmed + random() % 30);
      for (size_t i = first; i <= last; ++i) {
        if (random() % 8 == 0) continue;  // rows need not be without gaps
        OwnedResult& carrier = recording.results[std::max(i, confirmed)];
        (i < confirmed ? carrier.backfill : carrier.rows).push_back(row_at(numbers[i], id, 1, 2));
        recording.expected.emplace_back(numbers[i], id);
      }
    }
  }
  for (OwnedResult& r : recording.results) {
    std::shuffle(r.backfill.begin(), r.backfill.end(), random);
  }
  std::sort(recording.expected.begin(), recording.expected.end());
  return recording;
}

TEST(RowAssembler, EqualsASortWhereTheWindowReaches) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const int64_t latest = seed % 12;
    const Recording recording = random_recording(seed, latest);
    RowAssembler assembler(std::max<int64_t>(1, latest));
    std::vector<AssembledRow> rows;
    for (const OwnedResult& r : recording.results) {
      for (const AssembledRow& row : assembler.add(r.view())) {
        EXPECT_GT(row.row.frame, r.frame.number - std::max<int64_t>(1, latest) - 12);
        rows.push_back(row);
      }
    }
    for (const AssembledRow& row : assembler.flush()) rows.push_back(row);
    ASSERT_EQ(keys(rows), recording.expected) << "seed " << seed;
    EXPECT_EQ(assembler.late_rows(), 0u);
    for (const AssembledRow& row : rows) {
      EXPECT_EQ(row.device_time_ns, 7 * row.row.frame);
      EXPECT_EQ(row.host_time_ns, 1000 * row.row.frame + 500);
    }
  }
}

TEST(RowAssembler, LiveRowsPassThroughAndBackfillIsDropped) {
  const Recording recording = random_recording(3, 8);
  RowAssembler assembler(0);
  uint64_t backfill = 0;
  for (const OwnedResult& r : recording.results) {
    const auto rows = assembler.add(r.view());
    ASSERT_EQ(rows.size(), r.rows.size());
    for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].row.frame, r.frame.number);
    backfill += r.backfill.size();
  }
  EXPECT_GT(backfill, 0u);
  EXPECT_EQ(assembler.late_rows(), backfill);
  EXPECT_TRUE(assembler.flush().empty());
}

TEST(RowAssembler, TooShortAWindowDropsLateRowsButKeepsTheOrder) {
  const Recording recording = random_recording(4, 20);
  RowAssembler assembler(5);
  std::vector<AssembledRow> rows;
  for (const OwnedResult& r : recording.results) {
    for (const AssembledRow& row : assembler.add(r.view())) rows.push_back(row);
  }
  for (const AssembledRow& row : assembler.flush()) rows.push_back(row);
  EXPECT_GT(assembler.late_rows(), 0u);
  EXPECT_EQ(rows.size() + assembler.late_rows(), recording.expected.size());
  const auto k = keys(rows);
  EXPECT_EQ(std::adjacent_find(k.begin(), k.end(), [](const auto& a, const auto& b) { return !(a < b); }), k.end());
}

TEST(RowAssembler, HoldsNoRowLongerThanTheWindow) {
  RowAssembler assembler(3);
  for (int64_t f = 0; f < 20; ++f) {
    OwnedResult r = blank_result(f);
    r.rows = {row_at(f, 1, 0, 0)};
    const auto rows = assembler.add(r.view());
    ASSERT_EQ(rows.size(), f < 3 ? 0u : 1u);
    if (f >= 3) {
      EXPECT_EQ(rows[0].row.frame, f - 3);
    }
  }
}

TEST(RowAssembler, BackfillReplacesTheRowsThatWereGiven) {
  RowAssembler assembler(4);
  OwnedResult first = blank_result(0), second = blank_result(1);
  first.rows = {row_at(0, 2, 10, 0), row_at(0, 1, 10, 0)};
  second.rows = {row_at(1, 1, 20, 0)};
  second.backfill = {row_at(0, 1, 11, 0)};
  EXPECT_TRUE(assembler.add(first.view()).empty());
  EXPECT_TRUE(assembler.add(second.view()).empty());
  assembler.amend(std::vector<tracking::TrackRow>{row_at(0, 2, 12, 0), row_at(1, 1, 21, 0), row_at(1, 3, 30, 0)});
  const auto rows = assembler.flush();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].row.x, 11);
  EXPECT_EQ(rows[1].row.x, 12);
  EXPECT_EQ(rows[2].row.x, 21);
  EXPECT_EQ(rows[3].row.x, 30);
  EXPECT_EQ(assembler.released(), 4u);
  EXPECT_EQ(assembler.late_rows(), 0u);
}

TEST(RowAssembler, ARowIsInTheRegionOfItsPlace) {
  for (const int64_t window : {0, 4}) {
    RowAssembler assembler(window, 0, {}, test::two_halves());
    OwnedResult result = blank_result(0), next = blank_result(1);
    result.rows = {row_at(0, 1, 40, 3), row_at(0, 2, 3, 3), row_at(0, 3, 3, 47)};
    next.backfill = {row_at(0, 4, 50, 3)};
    std::vector<int> regions;
    const auto take = [&](std::span<const AssembledRow> rows) {
      for (const AssembledRow& row : rows) regions.push_back(row.region);
    };
    take(assembler.add(result.view()));
    take(assembler.add(next.view()));
    take(assembler.flush());
    EXPECT_EQ(regions, window == 0 ? (std::vector<int>{1, 0, -1}) : (std::vector<int>{1, 0, -1, 1}));
  }
}

TEST(RowAssembler, MeanGreyComesFromTheRowsOwnFrame) {
  RowAssembler assembler(4, contract::kFeatureIntensity);
  OwnedResult first = blank_result(0), second = blank_result(1);
  first.table.detections.resize(2);
  first.table.detections[1].mean_grey = 11;
  second.table.detections.resize(2);
  second.table.detections[0].mean_grey = 22;
  tracking::TrackRow seen_late = row_at(0, 1, 0, 0), live = row_at(1, 1, 0, 0), predicted = row_at(1, 2, 0, 0);
  seen_late.detection = 1;
  live.detection = 0;
  second.rows = {live, predicted};
  second.backfill = {seen_late};
  EXPECT_TRUE(assembler.add(first.view()).empty());
  EXPECT_TRUE(assembler.add(second.view()).empty());
  const auto rows = assembler.flush();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].mean_grey, 11.0f);
  EXPECT_EQ(rows[1].mean_grey, 22.0f);
  EXPECT_EQ(rows[2].mean_grey, std::nullopt);
}

}  // namespace
}  // namespace flashcell
