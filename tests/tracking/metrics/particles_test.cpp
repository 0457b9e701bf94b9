// The particle tracking challenge's measures: by hand, and against every pairing there is.
#include "tracking/metrics/particles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

#include "tests/tracking/metrics/labelled_object.hpp"

namespace flashcell::tracking {
namespace {

TEST(Particles, TheSameIsPerfect) {
  const std::vector<LabelledObject> truth = {at(1, 1, 0, 0), at(2, 1, 1, 0), at(1, 2, 50, 0)};
  const ParticleScores scores = score_particles(truth, truth, 5);
  EXPECT_EQ(scores.alpha(), 1);
  EXPECT_EQ(scores.beta(), 1);
  EXPECT_EQ(scores.jsc(), 1);
  EXPECT_EQ(scores.jsc_tracks(), 1);
  EXPECT_EQ(scores.rmse(), 0);
}

TEST(Particles, NothingFoundIsZero) {
  const std::vector<LabelledObject> truth = {at(1, 1, 0, 0), at(2, 1, 1, 0)};
  const ParticleScores scores = score_particles(truth, {}, 5);
  EXPECT_EQ(scores.alpha(), 0);
  EXPECT_EQ(scores.beta(), 0);
  EXPECT_EQ(scores.missed, 2);
  EXPECT_EQ(scores.missed_tracks, 1);
}

TEST(Particles, MeasuresByHand) {
  // One track of three frames, followed 3 px beside it for two of them; one spurious track of two frames.
  const std::vector<LabelledObject> truth = {at(1, 1, 0, 0), at(2, 1, 0, 0), at(3, 1, 0, 0)};
  const std::vector<LabelledObject> tracks = {at(1, 4, 3, 0), at(2, 4, 0, 3), at(3, 4, 5, 0), at(7, 9, 0, 0),
                                              at(8, 9, 0, 0)};
  const ParticleScores scores = score_particles(truth, tracks, 5);
  EXPECT_DOUBLE_EQ(scores.alpha(), 1 - (3.0 + 3 + 5) / 15);
  EXPECT_DOUBLE_EQ(scores.beta(), (15.0 - 11) / (15 + 10));
  EXPECT_DOUBLE_EQ(scores.jsc(), 2.0 / (2 + 1 + 3));
  EXPECT_DOUBLE_EQ(scores.jsc_tracks(), 1.0 / 2);
  EXPECT_DOUBLE_EQ(scores.rmse(), 3);
}

TEST(Particles, SequencesAreAddedUp) {
  const std::vector<LabelledObject> truth = {at(1, 1, 0, 0)}, near = {at(1, 1, 2, 0)};
  const ParticleScores parts[] = {score_particles(truth, near, 5), score_particles(truth, {}, 5)};
  const ParticleScores all = combine(parts);
  EXPECT_DOUBLE_EQ(all.alpha(), 1 - 7.0 / 10);
  EXPECT_DOUBLE_EQ(all.jsc(), 0.5);
}

TEST(Particles, WhatCannotBeIsRefused) {
  const std::vector<LabelledObject> twice = {at(1, 1, 0, 0), at(1, 1, 9, 0)};
  EXPECT_THROW(score_particles(twice, {}, 5), std::invalid_argument);
  EXPECT_THROW(score_particles({}, {}, 0), std::invalid_argument);
}

/// Distance between two tracks, frame by frame.
double plain_distance(const std::map<int64_t, LabelledObject>& a, const std::map<int64_t, LabelledObject>& b,
                      double gate) {
  double sum = 0;
  for (int64_t frame = 0; frame < 20; ++frame) {
    const auto x = a.find(frame), y = b.find(frame);
    if (x == a.end() && y == b.end()) continue;
    const bool both = x != a.end() && y != b.end();
    sum += both ? std::min(gate, std::hypot(x->second.x - y->second.x, x->second.y - y->second.y)) : gate;
  }
  return sum;
}

TEST(Particles, NoPairingHasASmallerDistance) {
  constexpr double kGate = 5;
  std::mt19937 random(3);
  const auto coordinate = [&] { return static_cast<double>(random() % 2000) / 100; };
  for (int round = 0; round < 200; ++round) {
    std::vector<std::map<int64_t, LabelledObject>> sides[2];
    std::vector<LabelledObject> objects[2];
    for (int side = 0; side < 2; ++side) {
      for (int id = 0; id < 4; ++id) {
        std::map<int64_t, LabelledObject> track;
        const double x = coordinate(), y = coordinate();
        for (int64_t frame = 1; frame <= 6; ++frame) {
          if (random() % 3 == 0) continue;
          const LabelledObject object = at(frame, id, x + coordinate() / 5, y + coordinate() / 5);
          track[frame] = object;
          objects[side].push_back(object);
        }
        sides[side].push_back(track);
      }
    }
    // Each true track with a track of its own or, from 4 on, with nothing.
    std::vector<int> order(8);
    std::iota(order.begin(), order.end(), 0);
    double least = 1e300, alone = 0;
    do {
      double sum = 0;
      for (size_t i = 0; i < 4; ++i) {
        const auto partner = static_cast<size_t>(order[i]);
        sum +=
            plain_distance(sides[0][i], partner < 4 ? sides[1][partner] : std::map<int64_t, LabelledObject>(), kGate);
      }
      least = std::min(least, sum);
      // The last four places change nothing.
      std::reverse(order.begin() + 4, order.end());
    } while (std::next_permutation(order.begin(), order.end()));
    for (const auto& track : sides[0]) alone += plain_distance(track, {}, kGate);
    const ParticleScores scores = score_particles(objects[0], objects[1], kGate);
    ASSERT_NEAR(scores.paired_distance, least, 1e-9) << round;
    ASSERT_NEAR(scores.truth_distance, alone, 1e-9);
    EXPECT_EQ(scores.matched + scores.missed, static_cast<int64_t>(objects[0].size()));
    EXPECT_EQ(scores.matched + scores.wrong, static_cast<int64_t>(objects[1].size()));
    EXPECT_LE(scores.beta(), scores.alpha());
  }
}

}  // namespace
}  // namespace flashcell::tracking
