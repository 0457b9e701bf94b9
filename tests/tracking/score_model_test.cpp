#include "tracking/score_model.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace flashcell::tracking {
namespace {

Detection box_at(double x, double y, float score) {
  Detection d;
  d.x = x;
  d.y = y;
  d.box = {x - 10, y - 20, 20, 40};
  d.area = 800;
  d.confidence = score;
  return d;
}

struct Recording {
  std::vector<std::vector<Detection>> frames;
  std::vector<FrameOfDetections> views() const {
    std::vector<FrameOfDetections> all;
    for (size_t i = 0; i < frames.size(); ++i) all.push_back({static_cast<int64_t>(i), frames[i]});
    return all;
  }
};

/// Objects of score 0.7 to 1 that move `speed` px a frame, and whims of score 0 to 0.4 anywhere. Scores become
/// scale * score + offset.
Recording record(int frames, double speed, float scale = 1, float offset = 0) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> unit(0, 1);
  Recording recording;
  for (int f = 0; f < frames; ++f) {
    auto& found = recording.frames.emplace_back();
    for (int i = 0; i < 4; ++i) found.push_back(box_at(100 + speed * f, 100 + 90 * i, 0.7f + 0.3f * unit(random)));
    for (int i = 0; i < 2; ++i) found.push_back(box_at(2000 * unit(random), 1000 * unit(random), 0.4f * unit(random)));
    for (Detection& d : found) d.confidence = scale * d.confidence + offset;
  }
  return recording;
}

TEST(ScoreModel, WhatIsFoundAgainIsTrustedWhateverScoresMean) {
  for (const auto& [scale, offset] : {std::pair{1.0f, 0.0f}, std::pair{100.0f, -3.0f}, std::pair{0.01f, 5.0f}}) {
    const Recording recording = record(200, 1, scale, offset);
    const ScoreModel model = ScoreModel::learn(recording.views(), 25);
    EXPECT_GT(model.trust(scale * 0.9f + offset), 0.95);
    EXPECT_LT(model.trust(scale * 0.2f + offset), 0.3);
    double before = 0;
    for (float score = -0.1f; score < 1.1f; score += 0.01f) {
      const double trust = model.trust(scale * score + offset);
      EXPECT_GE(trust, before);
      EXPECT_LE(trust, 1);
      before = trust;
    }
  }
}

TEST(ScoreModel, ObjectsThatLeaveTheirPlaceSoonAreLookedForSooner) {
  // 10 px a frame at 250 frames/s: after 100 ms an object of 20 px is 12 of its widths away.
  const Recording recording = record(200, 4, 1, 0);
  const ScoreModel model = ScoreModel::learn(recording.views(), 250);
  EXPECT_GT(model.trust(0.9f), 0.95);
  EXPECT_LT(model.trust(0.2f), 0.3);
}

TEST(ScoreModel, EveryScoreIsTrustedWhereNothingIsKnown) {
  EXPECT_EQ(ScoreModel().trust(-5), 1);
  EXPECT_EQ(ScoreModel::learn({}, 25).trust(0.1f), 1);
  const Recording few = record(8, 1);
  EXPECT_EQ(ScoreModel::learn(few.views(), 25).trust(0.1f), 1);
  Recording alike = record(200, 1);
  for (auto& frame : alike.frames) {
    for (Detection& d : frame) d.confidence = 1;
  }
  EXPECT_EQ(ScoreModel::learn(alike.views(), 25).trust(1), 1);
  const Recording far_apart = record(200, 100);  // never where it was
  EXPECT_EQ(ScoreModel::learn(far_apart.views(), 25).trust(0.1f), 1);
}

}  // namespace
}  // namespace flashcell::tracking
