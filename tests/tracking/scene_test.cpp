#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "tests/tracking/disc_scene.hpp"
#include "tests/tracking/touching_scene.hpp"

namespace flashcell::test {
namespace {

double identity_f1(const DiscScene& scene) {
  const DiscRecording recording = record(scene);
  return tracking::identity(tracking::score_boxes(recording.truth, labelled(follow({}, 2000, recording.sights)))).f1;
}

class DiscScenes : public ::testing::TestWithParam<uint64_t> {
 protected:
  DiscScenes() { scene_.seed = GetParam(); }
  DiscScene scene_;
};

// On average a quarter of the discs of such a frame are in blobs that they share.
TEST_P(DiscScenes, KeepIdentityThroughCrossings) {
  EXPECT_GE(identity_f1(scene_), 0.99);
}

// As a program has them that finds its objects itself.
TEST_P(DiscScenes, KeepIdentityWithoutPixels) {
  DiscRecording recording = record(scene_);
  for (Sight& sight : recording.sights) sight.pixels.clear();
  EXPECT_GE(tracking::identity(tracking::score_boxes(recording.truth, labelled(follow({}, 2000, recording.sights)))).f1,
            0.995);
}

TEST_P(DiscScenes, KeepIdentityWithDroppedFrames) {
  scene_.dropped = 0.02;
  EXPECT_GE(identity_f1(scene_), 0.98);
}

TEST_P(DiscScenes, StartingInsideBlobsCostsLittle) {
  scene_.start_apart = false;
  scene_.frames = 500;
  EXPECT_GE(identity_f1(scene_), 0.95);
}

TEST_P(DiscScenes, CurvedPaths) {
  scene_.turning = 0.02;
  scene_.frames = 400;
  EXPECT_GE(identity_f1(scene_), 0.97);
}

// Nobody is called merged alone, and no row is made of nothing.
TEST_P(DiscScenes, EveryBlobIsOneVisibleTrackOrSeveral) {
  scene_.start_apart = false;
  scene_.frames = 300;
  const DiscRecording recording = record(scene_);
  for (const double confirm_ms : {0.0, 5.0}) {
    tracking::TrackerParameters parameters;
    parameters.confirm_ms = confirm_ms;
    std::map<std::pair<int64_t, int32_t>, std::pair<int, int>> sharers;  // rows, and those called merged
    for (const tracking::TrackRow& row : follow(parameters, 2000, recording.sights)) {
      ASSERT_EQ(row.state == tracking::TrackState::predicted, row.detection < 0);
      if (row.detection < 0) continue;
      auto& [rows, merged] = sharers[{row.frame, row.detection}];
      ++rows;
      merged += row.state == tracking::TrackState::merged;
    }
    for (const auto& [blob, count] : sharers)
      EXPECT_TRUE(count.second == 0 || count.first >= 2) << "frame " << blob.first << ", detection " << blob.second;
  }
}

TEST_P(DiscScenes, FewDiscsWithoutAnError) {
  scene_.objects = 20;
  EXPECT_GE(identity_f1(scene_), 0.998);
}

/// Root mean square of how far rows called merged are from the truth, px.
double merged_error(const TouchingRecording& recording, const std::vector<tracking::TrackRow>& rows) {
  double squares = 0;
  int count = 0;
  for (const tracking::TrackRow& row : rows) {
    if (row.state != tracking::TrackState::merged) continue;
    double nearest = 1e300;
    for (const tracking::LabelledObject& object : recording.truth) {
      if (object.frame != row.frame) continue;
      nearest = std::min(nearest, (object.x - row.x) * (object.x - row.x) + (object.y - row.y) * (object.y - row.y));
    }
    squares += nearest;
    ++count;
  }
  EXPECT_GT(count, 100);
  return std::sqrt(squares / count);
}

// Without pixels it is four times as far.
TEST(TouchingAnimals, ArePlacedByTheirPixels) {
  double pixels = 0, without = 0;
  for (const uint64_t seed : {1, 2, 3}) {
    TouchingScene scene;
    scene.animals = 4;
    scene.seed = seed;
    TouchingRecording recording = record(scene);
    const auto rows = follow({}, 2000, recording.sights);
    EXPECT_GE(tracking::identity(tracking::score_boxes(recording.truth, labelled(rows))).f1, 0.9) << "seed " << seed;
    pixels += merged_error(recording, rows) / 3;
    for (Sight& sight : recording.sights) sight.pixels.clear();
    without += merged_error(recording, follow({}, 2000, recording.sights)) / 3;
  }
  EXPECT_LT(pixels, 1.5);
  EXPECT_LT(pixels, without / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DiscScenes, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace flashcell::test
