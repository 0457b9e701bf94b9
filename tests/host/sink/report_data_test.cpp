#include "host/sink/report/data.hpp"

#include <cmath>
#include <random>

#include "tests/host/sink/support.hpp"

namespace flashcell::host {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::row_at;

/// Gives a ReportData frames and rows as a sink gets them.
class Feed {
 public:
  explicit Feed(const RunInfo& run = test::small_run()) : data_(run) {}

  void add(int64_t frame, const std::vector<tracking::TrackRow>& rows) {
    OwnedResult result = blank_result(frame);
    result.rows = rows;
    data_.add(result.view());
    add_late(rows);
  }
  void add_late(const std::vector<tracking::TrackRow>& rows) {
    std::vector<AssembledRow> assembled;
    for (const tracking::TrackRow& row : rows) assembled.emplace_back().row = row;
    data_.add_rows(assembled);
  }
  ReportData& data() {
    data_.finish();
    return data_;
  }

 private:
  ReportData data_;
};

tracking::TrackRow with_state(tracking::TrackRow row, tracking::TrackState state) {
  row.state = state;
  return row;
}

TEST(ReportData, KeepsTracksPathsWithinBounds) {
  Feed feed;
  for (int64_t f = 0; f < 5000; ++f) {
    std::vector<tracking::TrackRow> rows = {row_at(f, 1, static_cast<double>(f), 0)};
    for (uint32_t k = 0; k < 5; ++k) rows.push_back(row_at(f, static_cast<uint32_t>(2 + f * 5) + k, 0, 0));
    feed.add(f, rows);
  }
  const ReportData& data = feed.data();
  EXPECT_EQ(data.tracks().size(), ReportData::kMostTracks);
  const TrackStory& first = data.tracks().at(1);
  EXPECT_LE(first.path.size(), ReportData::kMostPathPoints);
  EXPECT_GE(first.path.size(), 1000u);
  for (size_t i = 0; i < first.path.size(); ++i) {
    EXPECT_EQ(first.path[i].x, static_cast<float>(i * first.path_stride));
    EXPECT_EQ(first.path[i].frame, static_cast<int64_t>(i * first.path_stride));
  }
  EXPECT_EQ(first.distance, 4999);
  EXPECT_EQ(first.rows, 5000u);
  EXPECT_EQ(data.untold_tracks(), 1u + 5000u * 5u - ReportData::kMostTracks);
}

TEST(ReportData, ManyLongTracksShareThePoints) {
  Feed feed;
  const uint32_t tracks = 2000;
  for (int64_t f = 0; f < 1000; ++f) {
    std::vector<tracking::TrackRow> rows;
    for (uint32_t id = 1; id <= tracks; ++id) rows.push_back(row_at(f, id, static_cast<double>(f), id));
    feed.add(f, rows);
  }
  size_t points = 0;
  for (const auto& entry : feed.data().tracks()) points += entry.second.path.size();
  EXPECT_LE(points, ReportData::kMostPoints);
  EXPECT_GE(points, ReportData::kMostPoints / 4);
  const TrackStory& track = feed.data().tracks().at(7);
  EXPECT_EQ(track.path.back().x, static_cast<float>((track.path.size() - 1) * track.path_stride));
}

TEST(ReportData, CountsRowsOfFramesWhoseRowsComeLate) {
  Feed feed;
  for (int64_t f = 0; f < 6; ++f) feed.add(f, {});
  feed.add_late({row_at(1, 1, 0, 0), row_at(1, 2, 0, 0), row_at(4, 1, 0, 0)});
  std::vector<double> counts;
  for (const BoundedSeries::Point& p : feed.data().followed().points()) counts.push_back(p.mean());
  EXPECT_EQ(counts, (std::vector<double>{0, 2, 0, 0, 1, 0}));
}

TEST(ReportData, MeasuresInTheRunsUnit) {
  RunInfo run = test::small_run();
  run.world = WorldMap::scaled("mm", 0.5);
  Feed feed(run);
  for (int64_t f = 0; f < 10; ++f) {
    tracking::TrackRow row = row_at(f, 1, 3.0 * static_cast<double>(f), 4.0 * static_cast<double>(f));
    row.vx = 30;
    row.vy = 40;
    feed.add(f, {row});
  }
  const TrackStory& track = feed.data().tracks().at(1);
  EXPECT_DOUBLE_EQ(track.distance, 9 * 2.5);
  EXPECT_DOUBLE_EQ(track.max_speed, 25);
  EXPECT_DOUBLE_EQ(track.mean_area(), 47 * 0.25);
  EXPECT_EQ(track.path[3].x, 9);
  EXPECT_EQ(track.path[3].unit_x, 4.5F);
  EXPECT_DOUBLE_EQ(feed.data().displacement().points()[1].mean, 25);
}

TEST(ReportData, KnowsGapsAndStates) {
  using tracking::TrackState;
  Feed feed;
  const auto row = [](int64_t f, TrackState s) { return with_state(row_at(f, 1, 5, 5), s); };
  feed.add(0, {row(0, TrackState::visible)});
  feed.add(1, {row(1, TrackState::merged)});
  feed.add(2, {row(2, TrackState::predicted)});
  feed.add(3, {});
  feed.add(4, {row(4, TrackState::visible)});
  feed.add(5, {row(5, TrackState::visible)});
  const TrackStory& track = feed.data().tracks().at(1);
  EXPECT_EQ(track.seen, 4u);
  EXPECT_EQ(track.merged, 1u);
  EXPECT_EQ(track.gaps, 1u);
  EXPECT_DOUBLE_EQ(track.share_seen(), 4.0 / 6);
  EXPECT_EQ(track.states.cells(), (std::vector<uint8_t>{StateLine::seen, StateLine::merged, StateLine::predicted,
                                                        StateLine::missing, StateLine::seen, StateLine::seen}));
  ASSERT_EQ(feed.data().gaps().count(), 1u);
  EXPECT_EQ(feed.data().gaps().bins().back().low, 2);
  // A merged place is an estimate: 0-4, 0-5 and 4-5 are the only pairs.
  uint64_t pairs = 0;
  for (const auto& p : feed.data().displacement().points()) pairs += p.pairs;
  EXPECT_EQ(pairs, 3u);
  EXPECT_EQ(feed.data().positions().at(5, 5), 4u);
}

TEST(ReportData, ATrackIsOfTheRegionThatMostOfItsRowsAreIn) {
  ReportData data(test::small_run());
  std::vector<AssembledRow> rows;
  for (int64_t f = 0; f < 100; ++f) {
    rows.emplace_back().row = row_at(f, 1, 0, 0);
    rows.back().region = f < 20 || f % 5 == 0 || f > 97 ? tracking::RegionMap::kNone : 3;
  }
  data.add_rows(rows);
  data.finish();
  EXPECT_EQ(data.tracks().at(1).region, 3);
}

TEST(StateLine, StaysBoundedAndForgetsNothing) {
  StateLine line;
  for (int64_t f = 1000; f < 101'000; ++f) {
    if (f != 50'000) line.add(f, f == 77'777 ? tracking::TrackState::merged : tracking::TrackState::visible);
  }
  EXPECT_LE(line.cells().size(), StateLine::kCells);
  EXPECT_EQ(line.first_frame(), 1000);
  for (size_t i = 0; i < line.cells().size(); ++i) {
    const int64_t low = 1000 + static_cast<int64_t>(i) * line.stride(), high = low + line.stride();
    EXPECT_EQ((line.cells()[i] & StateLine::missing) != 0, low <= 50'000 && 50'000 < high) << i;
    EXPECT_EQ((line.cells()[i] & StateLine::merged) != 0, low <= 77'777 && 77'777 < high) << i;
    EXPECT_NE(line.cells()[i] & StateLine::seen, 0) << i;
  }
}

TEST(PositionMap, EveryRowIsInOneCell) {
  PositionMap map(1920, 1080);
  EXPECT_LE(std::max(map.columns(), map.rows()), PositionMap::kMostCells);
  EXPECT_GE(map.columns() * map.side(), 1920);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> x(-20, 1940), y(-20, 1100);
  for (int i = 0; i < 5000; ++i) map.add(x(random), y(random));
  map.add(std::nan(""), 3);
  uint64_t all = 0;
  for (int row = 0; row < map.rows(); ++row)
    for (int column = 0; column < map.columns(); ++column) all += map.at(column, row);
  EXPECT_EQ(all, 5000u);
  PositionMap small(64, 48);
  small.add(63.4, -0.4);
  EXPECT_EQ(small.at(63, 0), 1u) << "pixel centres are whole numbers";
}

TEST(Displacement, StraightMotionHasExponentTwo) {
  MeanSquaredDisplacement msd;
  for (int64_t f = 0; f < 1000; ++f) {
    msd.add(1, f, 3 * static_cast<double>(f), 4 * static_cast<double>(f));
    msd.add(2, f, -3 * static_cast<double>(f), 4 * static_cast<double>(f));
  }
  const auto points = msd.points();
  EXPECT_GE(points.back().lag, 500);
  for (const auto& p : points) {
    const auto lag = static_cast<double>(p.lag);
    EXPECT_NEAR(p.mean, 25 * lag * lag, 1e-6 * p.mean) << p.lag;
  }
  EXPECT_EQ(points[0].pairs, 2u * 999u);
  EXPECT_EQ(points[14].pairs, 2u * 985u) << "a lag of 15";
  const auto law = fit_power_law(points, 250);
  ASSERT_TRUE(law);
  EXPECT_NEAR(law->exponent, 2, 1e-6);
  EXPECT_NEAR(law->factor, 25, 1e-3);
  EXPECT_EQ(law->shortest, 1);
  EXPECT_LE(law->longest, 250);
}

TEST(Displacement, DiffusionHasExponentOne) {
  MeanSquaredDisplacement msd;
  std::mt19937 random(7);
  std::normal_distribution<double> step(0, 0.5);  // a frame and axis: 4 D = 0.5 px² a frame
  const int tracks = 400;
  std::vector<double> x(tracks), y(tracks);
  for (int64_t f = 0; f < 400; ++f) {
    for (int i = 0; i < tracks; ++i) {
      const auto k = static_cast<size_t>(i);
      x[k] += step(random);
      y[k] += step(random);
      msd.add(static_cast<uint32_t>(i + 1), f, x[k], y[k]);
    }
  }
  const auto law = fit_power_law(msd.points(), 100);
  ASSERT_TRUE(law);
  EXPECT_NEAR(law->exponent, 1, 0.03);
  EXPECT_NEAR(law->factor, 0.5, 0.02);
  for (const auto& p : msd.points()) {
    if (p.lag > 100) break;
    EXPECT_NEAR(p.mean, 0.5 * static_cast<double>(p.lag), 0.08 * p.mean) << p.lag;
  }
}

/// Against all pairs of places, in tracks with holes and dropped frames.
TEST(Displacement, EqualsThePairsItSaysItTakes) {
  MeanSquaredDisplacement msd;
  std::mt19937 random(3);
  std::uniform_real_distribution<double> place(0, 100);
  std::vector<std::pair<int64_t, std::pair<double, double>>> seen;
  for (int64_t f = 5; f < 300; ++f) {
    if (random() % 3 == 0) continue;
    seen.push_back({f, {place(random), place(random)}});
    msd.add(9, f, seen.back().second.first, seen.back().second.second);
  }
  for (const auto& p : msd.points()) {
    int64_t every = 1;
    while (p.lag >= 16 * every) every *= 2;
    double sum = 0;
    uint64_t pairs = 0;
    for (const auto& a : seen) {
      for (const auto& b : seen) {
        if (b.first - a.first != p.lag || a.first % every != 0 || b.first % every != 0) continue;
        sum += std::pow(b.second.first - a.second.first, 2) + std::pow(b.second.second - a.second.second, 2);
        ++pairs;
      }
    }
    EXPECT_EQ(p.pairs, pairs) << p.lag;
    EXPECT_NEAR(p.mean, sum / static_cast<double>(pairs), 1e-3) << p.lag;
  }
}

TEST(Displacement, StaysBoundedWithManyTracks) {
  MeanSquaredDisplacement msd;
  const auto crowd = static_cast<uint32_t>(MeanSquaredDisplacement::kMostTracks + 500);
  for (int64_t f = 0; f < 4; ++f)
    for (uint32_t id = 1; id <= crowd; ++id) msd.add(id, f, static_cast<double>(f), 0);
  EXPECT_EQ(msd.points()[0].pairs, 3 * MeanSquaredDisplacement::kMostTracks) << "the others are left out";
  for (int64_t f = 10; f < 12; ++f)
    for (uint32_t id = crowd + 1; id <= crowd + 100; ++id) msd.add(id, f, 2 * static_cast<double>(f), 0);
  EXPECT_EQ(msd.points()[0].pairs, 3 * MeanSquaredDisplacement::kMostTracks + 100) << "those that are gone make room";
}

TEST(Displacement, NothingIsFittedWhereNothingMoves) {
  MeanSquaredDisplacement msd;
  for (int64_t f = 0; f < 50; ++f) msd.add(1, f, 5, 5);
  EXPECT_FALSE(fit_power_law(msd.points(), 20));
}

TEST(LengthHistogram, CountsEveryLengthOnce) {
  LengthHistogram histogram;
  for (int64_t length = 0; length <= 1000; ++length) histogram.add(length);
  EXPECT_EQ(histogram.count(), 1000u);
  int64_t next = 1;
  for (const LengthHistogram::Bin& bin : histogram.bins()) {
    EXPECT_EQ(bin.low, next);
    const int64_t last = std::min<int64_t>(bin.high, 1000);
    EXPECT_EQ(bin.count, static_cast<uint64_t>(last - bin.low + 1));
    next = bin.high + 1;
  }
  EXPECT_LT(histogram.bins().size(), 40u);
}

TEST(GrowingHistogram, KeepsEveryValue) {
  GrowingHistogram histogram(8);
  for (int i = 0; i < 1000; ++i) histogram.add(i);
  histogram.add(std::nan(""));
  EXPECT_EQ(histogram.bin_width(), 128);
  EXPECT_EQ(histogram.counts(), (std::vector<uint64_t>{128, 128, 128, 128, 128, 128, 128, 104}));
  EXPECT_EQ(histogram.count(), 1000u);
}

}  // namespace
}  // namespace flashcell::host
