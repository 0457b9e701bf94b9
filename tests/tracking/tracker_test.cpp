#include "tracking/tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/tracking/follow.hpp"

namespace flashcell::test {
namespace {

using tracking::Detection;
using tracking::TrackerParameters;
using tracking::TrackRow;
using tracking::TrackState;

/// A disc of `radius` px, its hue in one bin.
Detection disc(double x, double y, double radius, int hue_bin = -1) {
  Detection d;
  d.x = x;
  d.y = y;
  d.box = {x - radius, y - radius, 2 * radius, 2 * radius};
  d.area = 3.14159 * radius * radius;
  d.cov_xx = d.cov_yy = radius * radius / 4;
  d.has_shape = true;
  if (hue_bin >= 0) {
    d.has_hue = true;
    d.hue[hue_bin] = 1;
    d.chromatic_fraction = 1;
  }
  return d;
}

/// Two discs side by side as one blob: sums of areas and of first and second moments, the box around both.
Detection blob(const Detection& a, const Detection& b) {
  Detection d = a;
  const double area = a.area + b.area, wa = a.area / area, wb = b.area / area;
  d.area = area;
  d.x = wa * a.x + wb * b.x;
  d.y = wa * a.y + wb * b.y;
  d.cov_xx = wa * (a.cov_xx + a.x * a.x) + wb * (b.cov_xx + b.x * b.x) - d.x * d.x;
  d.cov_xy = wa * (a.cov_xy + a.x * a.y) + wb * (b.cov_xy + b.x * b.y) - d.x * d.y;
  d.cov_yy = wa * (a.cov_yy + a.y * a.y) + wb * (b.cov_yy + b.y * b.y) - d.y * d.y;
  const double right = std::max(a.box.left + a.box.width, b.box.left + b.box.width);
  const double bottom = std::max(a.box.top + a.box.height, b.box.top + b.box.height);
  d.box.left = std::min(a.box.left, b.box.left);
  d.box.top = std::min(a.box.top, b.box.top);
  d.box.width = right - d.box.left;
  d.box.height = bottom - d.box.top;
  return d;
}

/// Which id is within 1 px of a place in a frame; 0: none.
uint32_t id_at(const std::vector<TrackRow>& rows, int64_t frame, double x, double y) {
  for (const TrackRow& row : rows) {
    if (row.frame == frame && std::hypot(row.x - x, row.y - y) < 1) return row.id;
  }
  return 0;
}

std::set<uint32_t> ids(const std::vector<TrackRow>& rows) {
  std::set<uint32_t> all;
  for (const TrackRow& row : rows) all.insert(row.id);
  return all;
}

TEST(Tracker, RejectsParametersAndInputThatCannotBe) {
  TrackerParameters parameters;
  EXPECT_THROW(tracking::Tracker(parameters, 0), std::invalid_argument);
  parameters.lost_ms = -1;
  EXPECT_THROW(tracking::Tracker(parameters, 100), std::invalid_argument);
  tracking::Tracker tracker({}, 100);
  const std::vector<Detection> good = {disc(10, 10, 5)};
  tracker.update(5, 0.05, good);
  EXPECT_THROW(tracker.update(5, 0.06, good), std::invalid_argument);
  EXPECT_THROW(tracker.update(6, 0.05, good), std::invalid_argument);
  for (const auto spoil : {+[](Detection& d) { d.x = std::numeric_limits<double>::quiet_NaN(); },
                           +[](Detection& d) { d.cov_xy = std::numeric_limits<double>::infinity(); },
                           +[](Detection& d) { d.hlac[3] = std::numeric_limits<float>::quiet_NaN(); },
                           +[](Detection& d) { d.area = 0; }, +[](Detection& d) { d.box.width = -1; }}) {
    std::vector<Detection> bad = good;
    spoil(bad[0]);
    EXPECT_THROW(tracker.update(6, 0.06, bad), std::invalid_argument);
  }
  // The failed calls changed nothing.
  EXPECT_EQ(tracker.update(6, 0.06, good).size(), 1u);
}

TEST(Tracker, ConfirmsAtTheSecondSightingAndFillsBack) {
  tracking::Tracker tracker({}, 1000);
  EXPECT_TRUE(tracker.update(0, 0, std::vector{disc(10, 10, 5)}).empty());
  const auto rows = tracker.update(1, 0.001, std::vector{disc(11, 10, 5)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].id, 1u);
  EXPECT_EQ(rows[0].state, TrackState::visible);
  EXPECT_EQ(rows[0].detection, 0);
  EXPECT_DOUBLE_EQ(rows[0].x, 11);
  ASSERT_EQ(tracker.backfill().size(), 1u);
  EXPECT_EQ(tracker.backfill()[0].frame, 0);
  EXPECT_EQ(tracker.backfill()[0].id, 1u);
}

TEST(Tracker, ConfirmTimeIsInMilliseconds) {
  TrackerParameters parameters;
  parameters.confirm_ms = 5;
  tracking::Tracker tracker(parameters, 1000);
  for (int frame = 0; frame < 5; ++frame) {
    EXPECT_TRUE(tracker.update(frame, frame * 0.001, std::vector{disc(10 + frame, 10, 5)}).empty());
  }
  EXPECT_EQ(tracker.update(5, 0.005, std::vector{disc(15, 10, 5)}).size(), 1u);
  EXPECT_EQ(tracker.backfill().size(), 5u);
}

TEST(Tracker, IdsHaveNoGapsThoughNoiseComesAndGoes) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 100; ++frame) {
    Sight sight{frame, {}};
    for (int i = 0; i < 5; ++i) {
      if (frame > 10 * i) sight.detections.push_back(disc(50 + 80 * i, 50 + frame, 6));
    }
    // Noise at a new place in every frame is never confirmed.
    sight.detections.push_back(disc(30 + (frame * 97) % 400, 300 + (frame * 61) % 150, 2));
    sights.push_back(sight);
  }
  EXPECT_EQ(ids(follow({}, 1000, sights)), (std::set<uint32_t>{1, 2, 3, 4, 5}));
}

TEST(Tracker, EmptyFramesAndNothingAtAll) {
  tracking::Tracker tracker({}, 1000);
  for (int frame = 0; frame < 50; ++frame) EXPECT_TRUE(tracker.update(frame, frame * 0.001, {}).empty());
  tracker.update(50, 0.050, std::vector{disc(9, 9, 4)});
  EXPECT_EQ(tracker.update(51, 0.051, std::vector{disc(9, 9, 4)})[0].id, 1u);
}

TEST(Tracker, GapInFramesIsSpannedByThePrediction) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 60; ++frame) {
    if (frame > 20 && frame < 40) continue;  // 19 frames dropped: 57 px, nearly five diameters
    sights.push_back({frame, {disc(10 + 3 * frame, 50, 6), disc(200 - 3 * frame, 80, 6)}});
  }
  const auto rows = follow({}, 1000, sights);
  EXPECT_EQ(ids(rows).size(), 2u);
  EXPECT_EQ(id_at(rows, 5, 25, 50), id_at(rows, 50, 160, 50));
  for (const TrackRow& row : rows) EXPECT_FALSE(row.frame > 20 && row.frame < 40) << "a row of a dropped frame";
}

TEST(Tracker, OcclusionKeepsTheIdAndFillsTheGap) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 60; ++frame) {
    Sight sight{frame, {}};
    if (frame < 20 || frame > 35) sight.detections.push_back(disc(10 + 2 * frame, 50, 6));
    sights.push_back(sight);
  }
  const auto rows = follow({}, 1000, sights);
  EXPECT_EQ(ids(rows).size(), 1u);
  int filled = 0;
  for (const TrackRow& row : rows) {
    if (row.state != TrackState::predicted) continue;
    ++filled;
    EXPECT_NEAR(row.x, 10 + 2 * static_cast<double>(row.frame), 0.1);
  }
  EXPECT_EQ(filled, 16);
}

/// Rows by state.
std::map<TrackState, int> states(const std::vector<TrackRow>& rows) {
  std::map<TrackState, int> count;
  for (const TrackRow& row : rows) ++count[row.state];
  return count;
}

TEST(Tracker, AGapIsFilledOnlyWhereItsEndsAgree) {
  const auto gap_rows = [](double x, double radius) {
    std::vector<Sight> sights;
    for (int frame = 1; frame <= 40; ++frame) {
      Sight sight{frame, {}};
      if (frame < 20) sight.detections.push_back(disc(10 + 2 * frame, 50, 10));
      if (frame > 24) sight.detections.push_back(disc(x + 2 * frame, 50, radius));
      sights.push_back(sight);
    }
    const auto rows = follow({}, 1000, sights);
    EXPECT_EQ(ids(rows).size(), 1u) << "another object at " << x << ", radius " << radius;
    return states(rows)[TrackState::predicted];
  };
  EXPECT_EQ(gap_rows(10, 10), 5) << "it went on";
  EXPECT_EQ(gap_rows(0, 10), 5) << "it stopped for a while";
  EXPECT_EQ(gap_rows(-40, 10), 0) << "it cannot have been everywhere between";
  EXPECT_EQ(gap_rows(10, 16), 0) << "another size";
}

TEST(Tracker, WhatPredictedRowsAreWantedIsWhatComes) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 60; ++frame) {
    Sight sight{frame, {}};
    if (frame <= 20 || (frame > 26 && frame <= 40)) sight.detections.push_back(disc(10 + 2 * frame, 50, 6));
    sights.push_back(sight);
  }
  const auto predicted = [&](tracking::PredictedRows wanted, double predict_ms) {
    TrackerParameters parameters;
    parameters.predicted = wanted;
    parameters.predict_ms = predict_ms;
    const auto rows = follow(parameters, 1000, sights);
    EXPECT_EQ(states(rows)[TrackState::visible], 34);
    return states(rows)[TrackState::predicted];
  };
  for (const double predict_ms : {0.0, 4.0}) {
    EXPECT_EQ(predicted(tracking::PredictedRows::none, predict_ms), 0);
    EXPECT_EQ(predicted(tracking::PredictedRows::gaps, predict_ms), 6);
  }
  EXPECT_EQ(predicted(tracking::PredictedRows::all, 0), 6);
  EXPECT_EQ(predicted(tracking::PredictedRows::all, 4), 6 + 4) << "four frames beyond the last sighting";
}

TEST(Tracker, WhoLeavesTheFieldOfViewEndsThere) {
  TrackerParameters parameters;
  parameters.predict_ms = 50;
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 40; ++frame) {
    Sight sight{frame, {}};
    if (frame <= 20) sight.detections.push_back(disc(100 - 4 * (20 - frame), 50, 10));  // leaves at x = 110
    if (frame > 26) sight.detections.push_back(disc(98 - (frame - 26), 50, 10));        // another one comes in
    sights.push_back(sight);
  }
  EXPECT_EQ(ids(follow(parameters, 1000, sights)).size(), 1u) << "nobody told where the picture ends";
  parameters.field = {-0.5, -0.5, 110, 110};
  const auto rows = follow(parameters, 1000, sights);
  EXPECT_EQ(ids(rows), (std::set<uint32_t>{1, 2}));
  for (const TrackRow& row : rows) EXPECT_LE(row.x, 109.5) << "frame " << row.frame;
  EXPECT_LE(states(rows)[TrackState::predicted], 2);
}

TEST(Tracker, APredictionEndsWhereAnotherObjectIsSeen) {
  TrackerParameters parameters;
  parameters.predict_ms = 1000;
  parameters.resolve_merges = false;
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 60; ++frame) {
    Sight sight{frame, {disc(150, 54, 10)}};
    if (frame <= 20) sight.detections.push_back(disc(10 + 4 * frame, 50, 10));
    sights.push_back(sight);
  }
  double farthest = 0;
  for (const TrackRow& row : follow(parameters, 1000, sights)) {
    if (row.state == TrackState::predicted) farthest = std::max(farthest, row.x);
  }
  EXPECT_GT(farthest, 130);
  EXPECT_LT(farthest, 145);
}

TEST(Tracker, ABlobWithOneTrackInItIsThatObject) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 60; ++frame) {
    const Detection alone = disc(50 + frame, 50, 8);
    // Something joins it that no track knows.
    sights.push_back({frame, {frame < 30 ? alone : blob(alone, disc(50 + frame, 64, 8))}});
  }
  const auto rows = follow({}, 1000, sights);
  EXPECT_EQ(ids(rows).size(), 1u);
  EXPECT_EQ(states(rows)[TrackState::visible], 60);
}

TEST(Tracker, JerkOfALoneObjectKeepsItsId) {
  std::vector<Sight> sights;
  for (int f = 0; f < 40; ++f) sights.push_back({f, {disc(f < 20 ? 100 : 119, 100, 10)}});
  EXPECT_EQ(ids(follow({}, 60, sights)), (std::set<uint32_t>{1}));
}

TEST(Tracker, ObjectThatAppearsFarFromALostOneIsAnother) {
  std::vector<Sight> sights;
  for (int f = 0; f < 40; ++f) sights.push_back({f, {disc(f < 20 ? 100 : 130, 100, 10)}});
  EXPECT_EQ(ids(follow({}, 60, sights)), (std::set<uint32_t>{1, 2}));
}

TEST(Tracker, LostTimeEndsATrack) {
  TrackerParameters parameters;
  parameters.lost_ms = 10;
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 60; ++frame) {
    Sight sight{frame, {}};
    if (frame < 20 || frame > 32) sight.detections.push_back(disc(50, 50, 6));
    sights.push_back(sight);
  }
  EXPECT_EQ(ids(follow(parameters, 1000, sights)).size(), 2u);
}

TEST(Tracker, SaysHowFarItsBackfillReaches) {
  size_t late = 0;
  int64_t farthest = 0;
  for (const double fps : {25.0, 1000.0, 1999.5}) {
    for (const int gap : {0, 3, 9, 19}) {
      TrackerParameters parameters;
      parameters.lost_ms = 20e3 / fps;  // 20 frames
      parameters.confirm_ms = 5e3 / fps;
      tracking::Tracker tracker(parameters, fps);
      EXPECT_GE(tracker.backfill_frames(), 25);
      EXPECT_LE(tracker.backfill_frames(), 28);
      for (int frame = 0; frame < 80; ++frame) {
        std::vector<Detection> seen;
        if (frame < 30 || frame > 30 + gap) seen.push_back(disc(50 + 0.5 * frame, 50, 6));
        tracker.update(frame, frame / fps, seen);
        for (const TrackRow& row : tracker.backfill()) {
          ++late;
          farthest = std::max(farthest, frame - row.frame);
          EXPECT_LE(frame - row.frame, tracker.backfill_frames());
        }
      }
    }
  }
  EXPECT_GT(late, 50U);
  EXPECT_GE(farthest, 15);
}

TEST(Tracker, PredictedRowsOnRequest) {
  TrackerParameters parameters;
  parameters.predict_ms = 3;
  tracking::Tracker tracker(parameters, 1000);
  for (int frame = 0; frame < 20; ++frame)
    tracker.update(frame, frame * 0.001, std::vector{disc(10 + 2 * frame, 10, 5)});
  const auto rows = tracker.update(20, 0.020, {});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].state, TrackState::predicted);
  EXPECT_EQ(rows[0].detection, -1);
  EXPECT_NEAR(rows[0].x, 50, 0.3);
}

TEST(Tracker, CrossingOfTwoEqualDiscsIsCarriedThroughTheBlob) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 120; ++frame) {
    const Detection a = disc(40 + frame, 100, 8), b = disc(160 - frame, 104, 8);
    const bool touch = std::hypot(a.x - b.x, a.y - b.y) < 16;
    sights.push_back({frame, touch ? std::vector{blob(a, b)} : std::vector{a, b}});
  }
  const auto rows = follow({}, 2000, sights);
  EXPECT_EQ(ids(rows).size(), 2u);
  EXPECT_EQ(id_at(rows, 10, 50, 100), id_at(rows, 110, 150, 100));
  EXPECT_EQ(id_at(rows, 10, 150, 104), id_at(rows, 110, 50, 104));
  std::map<int64_t, int> merged;
  for (const TrackRow& row : rows) merged[row.frame] += row.state == TrackState::merged;
  EXPECT_EQ(merged[60], 2);
  EXPECT_EQ(merged[20], 0);
}

TEST(Tracker, ThreeDiscsInOneBlobComeOutWithTheirIds) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 160; ++frame) {
    const Detection a = disc(20 + frame, 100, 8), b = disc(180 - frame, 102, 8), c = disc(100, 20 + frame, 10);
    std::vector<Detection> seen = {a, b, c};
    // Whatever touches is joined until nothing does.
    for (bool again = true; again;) {
      again = false;
      for (size_t i = 0; i < seen.size() && !again; ++i) {
        for (size_t k = i + 1; k < seen.size() && !again; ++k) {
          const tracking::Box &p = seen[i].box, &q = seen[k].box;
          if (p.left > q.left + q.width || q.left > p.left + p.width || p.top > q.top + q.height ||
              q.top > p.top + p.height) {
            continue;
          }
          seen[i] = blob(seen[i], seen[k]);
          seen.erase(seen.begin() + static_cast<ptrdiff_t>(k));
          again = true;
        }
      }
    }
    sights.push_back({frame, seen});
  }
  const auto rows = follow({}, 2000, sights);
  EXPECT_EQ(ids(rows).size(), 3u);
  EXPECT_EQ(id_at(rows, 10, 30, 100), id_at(rows, 150, 170, 100));
  EXPECT_EQ(id_at(rows, 10, 170, 102), id_at(rows, 150, 30, 102));
  EXPECT_EQ(id_at(rows, 10, 100, 30), id_at(rows, 150, 100, 170));
}

TEST(Tracker, LooksTellWhoIsWhoAfterALongEmbrace) {
  // Both stop inside the blob; where they come out, motion says nothing.
  for (const bool swap : {false, true}) {
    std::vector<Sight> sights;
    for (int frame = 1; frame <= 200; ++frame) {
      const double distance = frame < 60 ? 70 - frame : frame < 140 ? 10 : 10 + (frame - 140);
      const double side = frame >= 140 && swap ? -1 : 1;
      const Detection a = disc(100 - side * distance, 100, 8, 2), b = disc(100 + side * distance, 100, 8, 9);
      const bool together = frame >= 60 && frame < 140;
      sights.push_back({frame, together ? std::vector{blob(a, b)} : std::vector{a, b}});
    }
    const auto rows = follow({}, 2000, sights);
    EXPECT_EQ(ids(rows).size(), 2u);
    EXPECT_EQ(id_at(rows, 10, 40, 100), id_at(rows, 190, swap ? 160 : 40, 100)) << swap;
    EXPECT_EQ(id_at(rows, 10, 160, 100), id_at(rows, 190, swap ? 40 : 160, 100)) << swap;
  }
}

TEST(Tracker, AnotherColourClassIsNeverTheSameObject) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 20; ++frame) {
    Detection d = disc(50, 50, 6);
    d.colour_class = frame > 10;
    sights.push_back({frame, {d}});
  }
  const auto rows = follow({}, 1000, sights);
  EXPECT_EQ(ids(rows).size(), 2u);
}

TEST(Tracker, FarObjectsNeverSwapToSaveDistance) {
  // One object vanishes while another appears far away: each pair has its own gate.
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 40; ++frame) {
    sights.push_back({frame, {disc(50, 50, 6), frame <= 20 ? disc(150, 50, 6) : disc(400, 50, 6)}});
  }
  const auto rows = follow({}, 1000, sights);
  EXPECT_EQ(ids(rows).size(), 3u);
  EXPECT_EQ(id_at(rows, 5, 50, 50), id_at(rows, 35, 50, 50));
}

TEST(Tracker, AThousandObjectsInADenseGrid) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 30; ++frame) {
    Sight sight{frame, {}};
    for (int i = 0; i < 1000; ++i) {
      sight.detections.push_back(disc(10 + 14 * (i % 32) + 0.5 * frame, 10 + 14 * (i / 32) + 0.3 * frame, 5));
    }
    sights.push_back(sight);
  }
  const auto rows = follow({}, 2000, sights);
  EXPECT_EQ(rows.size(), 30000u);
  EXPECT_EQ(ids(rows).size(), 1000u);
  std::map<uint32_t, double> first;
  for (const TrackRow& row : rows) {
    const double home = row.x - 0.5 * static_cast<double>(row.frame);
    const auto entry = first.try_emplace(row.id, home).first;
    ASSERT_NEAR(entry->second, home, 1e-6) << "id " << row.id << " changed its object";
  }
}

TEST(Tracker, SameInputSameRows) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 50; ++frame) {
    Sight sight{frame, {}};
    for (int i = 0; i < 30; ++i) sight.detections.push_back(disc(100 + 90 * std::sin(0.1 * frame + i), 10 + 12 * i, 5));
    sights.push_back(sight);
  }
  const auto a = follow({}, 1000, sights), b = follow({}, 1000, sights);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].id, b[i].id);
    EXPECT_EQ(a[i].x, b[i].x);
    EXPECT_EQ(a[i].vx, b[i].vx);
  }
}

TEST(MakeDetection, DerivesWhatTheRecordHolds) {
  contract::ObjectRecord record{};
  contract::ObjectFeatures features{};
  // Pixels (2,3) and (4,3), the second with grey 30, the first with 10.
  record.m00 = 2;
  record.m10 = 6;
  record.m01 = 6;
  record.m20 = 20;
  record.m11 = 18;
  record.m02 = 18;
  record.left = 2;
  record.right = 4;
  record.top = record.bottom = 3;
  features.sum_i = 40;
  features.sum_ix = 140;
  features.sum_iy = 120;
  features.hlac[0] = 2;
  features.hue[5] = 1;
  features.achromatic = 1;
  record.class_id = 3;
  const uint8_t all = contract::kFeatureHlac | contract::kFeatureHue | contract::kFeatureIntensity;
  const Detection d = tracking::make_detection(record, &features, {all, tracking::CentroidWeight::grey});
  EXPECT_DOUBLE_EQ(d.x, 3.5);
  EXPECT_DOUBLE_EQ(tracking::make_detection(record, &features, {all}).x, 3);
  // Weights 40 - 10 at x = 2 and 40 - 30 at x = 4.
  EXPECT_DOUBLE_EQ(tracking::make_detection(record, &features, {all, tracking::CentroidWeight::darkness, 40}).x, 2.5);
  EXPECT_DOUBLE_EQ(d.cov_xx, 1);
  EXPECT_DOUBLE_EQ(d.box.width, 3);
  EXPECT_DOUBLE_EQ(d.box.height, 1);
  EXPECT_EQ(d.hlac[0], 1);
  EXPECT_EQ(d.hue[5], 1);
  EXPECT_EQ(d.chromatic_fraction, 0.5f);
  EXPECT_EQ(d.mean_grey, 20);
  EXPECT_EQ(d.colour_class, 3);
  EXPECT_FALSE(tracking::make_detection(record, nullptr, {}).has_hlac);
}

TEST(Tracker, GivesOutNoRowWithoutAPublicId) {
  for (const double confirm_ms : {0.0, 30.0, 400.0}) {
    TrackerParameters parameters;
    parameters.confirm_ms = confirm_ms;
    parameters.lost_ms = 1000;
    parameters.predict_ms = 20;
    tracking::Tracker tracker(parameters, 100);
    uint32_t highest = 0;
    int rows = 0;
    std::set<std::pair<int64_t, uint32_t>> seen;
    const auto take = [&](std::span<const TrackRow> given) {
      for (const TrackRow& row : given) {
        EXPECT_GE(row.id, 1u) << "frame " << row.frame << ", confirm_ms " << confirm_ms;
        EXPECT_TRUE(seen.insert({row.frame, row.id}).second) << "frame " << row.frame << " twice";
        highest = std::max(highest, row.id);
        ++rows;
      }
    };
    for (int64_t f = 0; f < 120; ++f) {
      std::vector<Detection> detections;
      // Each is missed now and then, also before it has its id.
      for (int k = 0; k < 6; ++k)
        if ((f + k) % 4 != 0) detections.push_back(disc(100.0 * k + 50, 50 + static_cast<double>(f), 10));
      take(tracker.update(f, static_cast<double>(f) / 100, detections));
      take(tracker.backfill());
    }
    EXPECT_EQ(highest, 6u);
    EXPECT_GE(rows, 6 * 110);
  }
}

}  // namespace
}  // namespace flashcell::test
