#include <gtest/gtest.h>

#include "tests/tracking/disc_scene.hpp"

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

TEST_P(DiscScenes, FewDiscsWithoutAnError) {
  scene_.objects = 20;
  EXPECT_GE(identity_f1(scene_), 0.998);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DiscScenes, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace flashcell::test
