// Where it is known how many objects there are and nothing is linked afterwards, there are no more ids than objects.
#include "tracking/kept_count.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "tracking/tracker.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kFps = 100;

Detection animal(double x, double y, double radius = 8) {
  Detection d;
  d.x = x;
  d.y = y;
  d.box = {x - radius, y - radius, 2 * radius, 2 * radius};
  d.area = 3.14159 * radius * radius;
  d.cov_xx = d.cov_yy = radius * radius / 4;
  d.has_shape = true;
  return d;
}

TrackerParameters two_kept() {
  TrackerParameters parameters;
  parameters.count = {2, 2};
  parameters.keep_count = true;
  return parameters;
}

/// Ids at the x that objects have in the last frame, of all rows those that are seen.
struct Followed {
  std::set<uint32_t> ids;
  std::map<int64_t, std::vector<TrackRow>> rows;

  uint32_t id_near(int64_t frame, double x) const {
    for (const TrackRow& row : rows.at(frame)) {
      if (row.state != TrackState::predicted && std::abs(row.x - x) < 3) return row.id;
    }
    return 0;
  }
};

Followed follow(const TrackerParameters& parameters, int frames,
                const std::function<std::vector<Detection>(int frame)>& sight) {
  Tracker tracker(parameters, kFps);
  Followed followed;
  const auto take = [&](std::span<const TrackRow> rows) {
    for (const TrackRow& row : rows) {
      followed.ids.insert(row.id);
      followed.rows[row.frame].push_back(row);
    }
  };
  for (int frame = 0; frame < frames; ++frame) {
    take(tracker.update(frame, frame / kFps, sight(frame)));
    take(tracker.backfill());
  }
  return followed;
}

bool between(int frame, int first, int last) {
  return frame >= first && frame <= last;
}

/// One walks, the other as well and is hidden twice for longer than a track is kept.
std::vector<Detection> two_animals(int frame) {
  std::vector<Detection> seen{animal(50 + 0.5 * frame, 40)};
  if (!between(frame, 100, 140) && !between(frame, 200, 260)) seen.push_back(animal(250 - 0.5 * frame, 120));
  return seen;
}

TEST(KeptCount, WhoWasLostIsFoundAgainByItsId) {
  const Followed followed = follow(two_kept(), 300, two_animals);
  EXPECT_EQ(followed.ids, (std::set<uint32_t>{1, 2}));
  EXPECT_EQ(followed.id_near(299, 199.5), followed.id_near(50, 75));
  EXPECT_EQ(followed.id_near(299, 100.5), followed.id_near(50, 225));
  for (const auto& [frame, rows] : followed.rows) EXPECT_LE(rows.size(), 2u) << "frame " << frame;

  TrackerParameters plain = two_kept();
  plain.keep_count = false;
  EXPECT_EQ(follow(plain, 300, two_animals).ids.size(), 4u) << "the scene tries nothing";
}

TEST(KeptCount, SpecksWaitWhileAllAreSeenAndAreNobodyWhenOneIsLost) {
  const auto sight = [](int frame) {
    std::vector<Detection> seen = two_animals(frame);
    if (frame >= 20 && frame % 40 < 15) seen.push_back(animal(280, 30 + 20 * (frame / 40), 2));
    return seen;
  };
  const Followed followed = follow(two_kept(), 300, sight);
  EXPECT_EQ(followed.ids, (std::set<uint32_t>{1, 2}));
  for (const auto& [frame, rows] : followed.rows) {
    for (const TrackRow& row : rows) EXPECT_GT(row.area, 100) << "frame " << frame;
  }
  EXPECT_EQ(followed.id_near(299, 100.5), followed.id_near(50, 225));
}

TEST(KeptCount, WhatIsSeenForLongerTakesTheIdOfWhatWasSeenForLess) {
  // A speck has the second id before the second animal comes.
  const auto sight = [](int frame) {
    std::vector<Detection> seen{animal(50 + 0.5 * frame, 40)};
    if (between(frame, 3, 30)) seen.push_back(animal(280, 200, 3));
    if (frame >= 20) seen.push_back(animal(250 - 0.5 * frame, 120));
    return seen;
  };
  const Followed followed = follow(two_kept(), 200, sight);
  EXPECT_EQ(followed.ids, (std::set<uint32_t>{1, 2}));
  EXPECT_EQ(followed.id_near(25, 280), 2u);
  EXPECT_EQ(followed.id_near(150, 175), 2u);
}

TEST(KeptCount, ConfidenceIsLessWhereTwoWereLostTogether) {
  const auto sight = [](int frame) {
    std::vector<Detection> seen;
    if (!between(frame, 50, 90)) seen = {animal(100, 60), animal(130, 60)};
    return seen;
  };
  const Followed followed = follow(two_kept(), 120, sight);
  EXPECT_EQ(followed.ids.size(), 2u);
  for (const TrackRow& row : followed.rows.at(40)) EXPECT_EQ(row.id_confidence, 1);
  double least = 1;
  for (const TrackRow& row : followed.rows.at(119)) least = std::min<double>(least, row.id_confidence);
  EXPECT_LT(least, 1);
  EXPECT_GE(least, 0.5);
}

TEST(KeptCount, RegionsHaveCountsOfTheirOwn) {
  TrackerParameters parameters = two_kept();
  parameters.count = {};
  // The left and the right half of the picture.
  constexpr int kWidth = 300, kHeight = 200;
  std::vector<uint16_t> halves(kWidth * kHeight);
  for (int i = 0; i < kWidth * kHeight; ++i) halves[i] = i % kWidth < kWidth / 2 ? 1 : 2;
  const NamedRegion one{"half", {1, 1}, {}};
  parameters.regions = std::make_shared<RegionMap>(kWidth, kHeight, std::vector<NamedRegion>{one, one}, halves);
  const auto sight = [](int frame) {
    std::vector<Detection> seen{animal(220, 100)};
    if (!between(frame, 50, 90)) seen.push_back(animal(frame < 70 ? 60 : 90, 100));
    return seen;
  };
  const Followed followed = follow(parameters, 150, sight);
  EXPECT_EQ(followed.ids.size(), 2u);
  EXPECT_EQ(followed.id_near(149, 90), followed.id_near(20, 60));
  EXPECT_EQ(followed.id_near(149, 220), followed.id_near(20, 220));
}

}  // namespace
}  // namespace flashcell::tracking
