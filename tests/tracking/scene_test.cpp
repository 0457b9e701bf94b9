#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "tests/tracking/disc_scene.hpp"

namespace flashcell::test {
namespace {

double identity_f1(const DiscScene& scene) {
  const DiscRecording recording = record(scene);
  const auto start = std::chrono::steady_clock::now();
  const auto rows = follow({}, 2000, recording.sights);
  const double us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  const tracking::ScoredSequence sequence = tracking::score_boxes(recording.truth, labelled(rows));
  const auto id = tracking::identity(sequence);
  const auto clear = tracking::clear_mot(sequence);
  double blobs = 0;
  for (auto& s : recording.sights) blobs += s.detections.size();
  std::cout << "IDF1 " << id.f1 << " MOTA " << clear.mota << " IDSW " << clear.id_switches << " FP " << clear.fp << " FN "
            << clear.fn << " ids " << sequence.track_ids << " blobs/frame " << blobs / recording.sights.size() << " us/frame "
            << us / recording.sights.size() << std::endl;
  return id.f1;
}

TEST(Scene, TwoHundredDiscs) {
  for (uint64_t seed : {1, 2, 3}) {
    DiscScene scene;
    scene.seed = seed;
    EXPECT_GE(identity_f1(scene), 0.99);
    scene.dropped = 0.02;
    EXPECT_GE(identity_f1(scene), 0.98);
    scene.dropped = 0;
    scene.turning = 0.02;
    identity_f1(scene);
  }
}

}  // namespace
}  // namespace flashcell::test
