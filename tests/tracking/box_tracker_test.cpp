#include "tracking/box_tracker.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace flashcell::tracking {
namespace {

using Frames = std::vector<std::vector<Detection>>;
/// Rows as an offline run writes them, by frame and id.
using Rows = std::map<std::pair<int64_t, uint32_t>, TrackRow>;

Detection person(double x, double y, float score = 1) {
  Detection d;
  d.x = x;
  d.y = y;
  d.box = {x - 20, y - 50, 40, 100};
  d.area = 4000;
  d.confidence = score;
  return d;
}

Rows run(BoxTracker& tracker, const Frames& frames, double fps) {
  Rows rows;
  const auto take = [&](std::span<const TrackRow> some) {
    for (const TrackRow& row : some) rows[{row.frame, row.id}] = row;
  };
  for (size_t f = 0; f < frames.size(); ++f) {
    take(tracker.update(static_cast<int64_t>(f), static_cast<double>(f) / fps, frames[f]));
    take(tracker.backfill());
  }
  take(tracker.finish());
  return rows;
}

Rows run(const Frames& frames, double fps, const BoxTrackerParameters& parameters = {}, ScoreModel scores = {}) {
  BoxTracker tracker(parameters, fps, std::move(scores));
  return run(tracker, frames, fps);
}

ScoreModel learn(const Frames& frames, double fps) {
  std::vector<FrameOfDetections> views;
  for (size_t i = 0; i < frames.size(); ++i) views.push_back({static_cast<int64_t>(i), frames[i]});
  return ScoreModel::learn(views, fps);
}

std::set<uint32_t> ids(const Rows& rows) {
  std::set<uint32_t> all;
  for (const auto& [key, row] : rows) all.insert(key.second);
  return all;
}

TEST(BoxTracker, FollowsAtAnyFrameRate) {
  for (const double fps : {7.0, 25.0, 60.0, 500.0}) {
    std::mt19937 random(1);
    std::normal_distribution<double> noise(0, 2);
    Frames frames(static_cast<size_t>(4 * fps));
    for (size_t f = 0; f < frames.size(); ++f) {
      const double t = static_cast<double>(f) / fps;
      for (int i = 0; i < 5; ++i)
        frames[f].push_back(person(100 + 60 * t + noise(random), 100 + 150 * i + noise(random)));
    }
    const Rows rows = run(frames, fps);
    EXPECT_EQ(ids(rows).size(), 5u) << fps;
    EXPECT_EQ(rows.size(), 5 * frames.size()) << fps << ": from the first frame to the last";
  }
}

TEST(BoxTracker, ACameraThatJoltsAndPansChangesNoId) {
  for (const uint32_t seed : {1u, 2u, 3u}) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(0, 1.5);
    double camera_x = 0, camera_y = 0;
    Frames frames(150);
    for (int f = 0; f < 150; ++f) {
      if (f > 50 && f % 10 == 0) camera_x += random() % 2 == 0 ? 34 : -34;  // nearly a width at once
      if (f > 50 && f % 15 == 0) camera_y += random() % 2 == 0 ? 40 : -40;
      if (f > 100) camera_x += 9;
      for (int i = 0; i < 8; ++i)
        frames[f].push_back(person(300 + 120 * i + f + camera_x + noise(random), 400 + camera_y + noise(random)));
    }
    EXPECT_EQ(ids(run(frames, 25)).size(), 8u) << seed;
  }
}

TEST(BoxTracker, ABoxThatVanishesForGoodLeavesNoRows) {
  Frames frames(100);
  for (int f = 0; f < 100; ++f) {
    frames[f].push_back(person(100 + 2 * f, 100));
    if (f < 40) frames[f].push_back(person(500 - 2 * f, 100));
  }
  for (const double smooth_ms : {0.0, 700.0}) {
    BoxTrackerParameters parameters;
    parameters.smooth_ms = smooth_ms;
    const Rows rows = run(frames, 25, parameters);
    EXPECT_EQ(ids(rows).size(), 2u);
    EXPECT_EQ(rows.size(), 140u);
    for (const auto& [key, row] : rows) EXPECT_EQ(row.state, TrackState::visible);
  }
}

TEST(BoxTracker, AGapIsFilledOnceBothEndsAreKnown) {
  Frames frames(100);
  for (int f = 0; f < 100; ++f) {
    if (f < 40 || f >= 55) frames[f].push_back(person(100 + 2 * f, 100));
  }
  const Rows rows = run(frames, 25);
  ASSERT_EQ(ids(rows).size(), 1u);
  ASSERT_EQ(rows.size(), 100u);
  for (const auto& [key, row] : rows) {
    const bool gap = row.frame >= 40 && row.frame < 55;
    EXPECT_EQ(row.state, gap ? TrackState::predicted : TrackState::visible) << row.frame;
    EXPECT_EQ(row.detection, gap ? -1 : 0);
    EXPECT_NEAR(row.x, 100 + 2.0 * static_cast<double>(row.frame), 0.01);
  }
}

/// People with sure scores; whims with poor ones, and now and then a poor score of a person.
Frames doubtful_scene(int frames) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> place(0, 1500);
  std::uniform_real_distribution<float> sure(0.8f, 1), poor(0, 0.3f);
  Frames scene(frames);
  for (int f = 0; f < frames; ++f) {
    for (int i = 0; i < 4; ++i) {
      const bool hidden = (f + 9 * i) % 40 >= 34;
      scene[f].push_back(person(100 + f, 100 + 200 * i, hidden ? poor(random) : sure(random)));
    }
    for (int i = 0; i < 3; ++i) scene[f].push_back(person(place(random), place(random) + 1000, poor(random)));
  }
  return scene;
}

TEST(BoxTracker, PoorScoresContinueTracksButStartNone) {
  const Frames scene = doubtful_scene(200);
  const Rows rows = run(scene, 25, {}, learn(scene, 25));
  EXPECT_EQ(ids(rows).size(), 4u);
  EXPECT_EQ(rows.size(), 800u);
  for (const auto& [key, row] : rows) EXPECT_EQ(row.state, TrackState::visible) << "seen, if poorly";
  // A box that stays, but is never sure.
  Frames shadow = scene;
  for (size_t f = 0; f < shadow.size(); ++f) {
    if (f % 3 != 0) shadow[f].push_back(person(900, 300, 0.2f));
  }
  EXPECT_EQ(ids(run(shadow, 25, {}, learn(scene, 25))).size(), 4u);
  BoxTrackerParameters limited;
  limited.min_confidence = 2;
  EXPECT_TRUE(run(scene, 25, limited).empty()) << "nothing scores so high";
}

TEST(BoxTracker, WhatLiesInATrackStartsNone) {
  Frames frames(60);
  for (int f = 0; f < 60; ++f) {
    frames[f].push_back(person(100 + f, 100));
    if (f < 20) continue;
    Detection torso = person(100 + f, 85);
    torso.box = {100.0 + f - 15, 60, 30, 50};
    torso.area = 1500;
    frames[f].push_back(torso);
  }
  EXPECT_EQ(ids(run(frames, 25)).size(), 1u);
}

TEST(BoxTracker, QuickTurnsAtAHighFrameRateKeepTheirId) {
  Frames frames(1500);
  for (int f = 0; f < 1500; ++f) {
    const double t = f / 500.0;
    frames[f].push_back(person(800 + 500 * std::cos(12 * t), 800 + 500 * std::sin(12 * t)));
  }
  const Rows rows = run(frames, 500);
  EXPECT_EQ(ids(rows).size(), 1u);
  for (const auto& [key, row] : rows) {
    const Detection& seen = frames[static_cast<size_t>(row.frame)].front();
    EXPECT_LT(std::hypot(row.x - seen.x, row.y - seen.y), 8) << "smoothing follows the circle, frame " << row.frame;
  }
}

TEST(BoxTracker, RowsComeAtOnceAndLateOnesInTime) {
  const Frames scene = doubtful_scene(150);
  for (const double smooth_ms : {0.0, 400.0, 3000.0}) {
    BoxTrackerParameters parameters;
    parameters.smooth_ms = smooth_ms;
    BoxTracker tracker(parameters, 25, learn(scene, 25));
    std::set<std::pair<int64_t, uint32_t>> given;
    bool replaced = false;
    for (size_t f = 0; f < scene.size(); ++f) {
      const auto number = static_cast<int64_t>(f);
      std::pair<int64_t, uint32_t> before{-1, 0};
      for (const TrackRow& row : tracker.update(number, static_cast<double>(f) / 25, scene[f])) {
        EXPECT_EQ(row.frame, number);
        EXPECT_LT(before, std::pair(row.frame, row.id));
        before = {row.frame, row.id};
        given.insert(before);
      }
      before = {-1, 0};
      for (const TrackRow& row : tracker.backfill()) {
        EXPECT_LT(row.frame, number);
        EXPECT_GE(row.frame, number - tracker.backfill_frames() + 1);
        EXPECT_LT(before, std::pair(row.frame, row.id)) << "each once";
        before = {row.frame, row.id};
        replaced = !given.insert(before).second || replaced;
      }
    }
    EXPECT_EQ(replaced, smooth_ms > 0);
    const size_t rows = given.size();
    for (const TrackRow& row : tracker.finish()) given.insert({row.frame, row.id});
    EXPECT_EQ(given.size(), rows) << "the end makes rows better, no new ones";
  }
}

TEST(BoxTracker, PredictedRowsAreGivenOutForAsLongAsAsked) {
  Frames frames(60);
  for (int f = 0; f < 30; ++f) frames[f].push_back(person(100 + 2 * f, 100));
  BoxTrackerParameters parameters;
  parameters.predict_ms = 210;
  const Rows rows = run(frames, 25, parameters);
  ASSERT_EQ(rows.size(), 35u);
  EXPECT_EQ(rows.rbegin()->second.state, TrackState::predicted);
  EXPECT_NEAR(rows.rbegin()->second.x, 100 + 2 * 34, 2);
}

TEST(BoxTracker, NamesAreFusedOverATracksLife) {
  BoxTracker tracker({}, 25);
  ClassBelief second;
  second.classes = 2;
  second.log_weight = {};
  second.log_weight[1] = 2;
  const std::vector<ClassBelief> names{second};
  for (int f = 0; f < 20; ++f) {
    const std::vector<Detection> found{person(100 + f, 100)};
    const auto rows = tracker.update(f, f / 25.0, found, names);
    if (f < 10) continue;
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].class_id, 1);
    EXPECT_GT(rows[0].class_confidence, 0.8);
  }
}

TEST(BoxTracker, WhatCannotBeIsRefused) {
  const auto refused = [](auto set) {
    BoxTrackerParameters parameters;
    set(parameters);
    EXPECT_THROW(BoxTracker(parameters, 25), std::invalid_argument);
  };
  refused([](BoxTrackerParameters& p) { p.confirm_ms = -1; });
  refused([](BoxTrackerParameters& p) { p.lost_ms = std::numeric_limits<double>::infinity(); });
  refused([](BoxTrackerParameters& p) { p.least_trust = 1; });
  refused([](BoxTrackerParameters& p) { p.least_overlap = -0.1; });
  refused([](BoxTrackerParameters& p) { p.smooth_ms = std::nan(""); });
  EXPECT_THROW(BoxTracker({}, 0), std::invalid_argument);
  BoxTracker tracker({}, 25);
  const std::vector<Detection> found{person(100, 100)};
  tracker.update(5, 0.2, found);
  EXPECT_THROW(tracker.update(5, 0.24, found), std::invalid_argument);
  EXPECT_THROW(tracker.update(6, 0.2, found), std::invalid_argument);
  EXPECT_THROW(tracker.update(6, 0.24, found, std::vector<ClassBelief>(2)), std::invalid_argument);
  Detection bad = person(100, 100);
  bad.box.width = 0;
  EXPECT_THROW(tracker.update(6, 0.24, std::vector<Detection>{bad}), std::invalid_argument);
  EXPECT_NO_THROW(tracker.update(6, 0.24, found));
}

}  // namespace
}  // namespace flashcell::tracking
