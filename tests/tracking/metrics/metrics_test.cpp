#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "tracking/metrics/clear.hpp"
#include "tracking/metrics/dense_assignment.hpp"
#include "tracking/metrics/hota.hpp"
#include "tracking/metrics/identity.hpp"

namespace flashcell::tracking {
namespace {

double brute_force(const std::vector<double>& cost, int rows, int cols) {
  std::vector<int> order(std::max(rows, cols));
  std::iota(order.begin(), order.end(), 0);
  double best = 1e300;
  do {
    double sum = 0;
    for (int i = 0; i < std::min(rows, cols); ++i) {
      sum += rows <= cols ? cost[i * cols + order[i]] : cost[order[i] * cols + i];
    }
    best = std::min(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

TEST(DenseAssignment, EqualsBruteForce) {
  uint64_t state = 1;
  const auto next = [&state] { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 40; };
  for (int round = 0; round < 300; ++round) {
    const int rows = 1 + static_cast<int>(next() % 6), cols = 1 + static_cast<int>(next() % 6);
    std::vector<double> cost(rows * cols);
    // Few different values, negative ones too: many ties.
    for (double& value : cost) value = static_cast<double>(next() % 9) - 4;
    const std::vector<int> column = assign_dense(cost, rows, cols);
    double sum = 0;
    int matched = 0;
    std::vector<int> seen;
    for (int r = 0; r < rows; ++r) {
      if (column[r] < 0) continue;
      sum += cost[r * cols + column[r]];
      seen.push_back(column[r]);
      ++matched;
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_TRUE(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    EXPECT_EQ(matched, std::min(rows, cols));
    EXPECT_DOUBLE_EQ(sum, brute_force(cost, rows, cols));
  }
}

TEST(DenseAssignment, EmptyAndWrongSize) {
  EXPECT_TRUE(assign_dense({}, 0, 3).empty());
  EXPECT_EQ(assign_dense({}, 2, 0), (std::vector<int>{-1, -1}));
  EXPECT_THROW(assign_dense({1.0}, 1, 2), std::invalid_argument);
}

LabelledObject object(int64_t frame, int64_t id, double x) {
  return {frame, id, {x, 0, 10, 10}, x, 0};
}

TEST(Metrics, PerfectTracksScoreOne) {
  std::vector<LabelledObject> truth;
  for (int frame = 1; frame <= 5; ++frame) {
    truth.push_back(object(frame, 7, frame));
    truth.push_back(object(frame, 9, 100));
  }
  const ScoredSequence sequence = score_boxes(truth, truth);
  EXPECT_DOUBLE_EQ(mean(hota(sequence).hota), 1);
  EXPECT_DOUBLE_EQ(clear_mot(sequence).mota, 1);
  EXPECT_EQ(clear_mot(sequence).mostly_tracked, 2);
  EXPECT_DOUBLE_EQ(identity(sequence).f1, 1);
}

TEST(Metrics, SwapIsTwoSwitchesAndHalfTheIdentity) {
  std::vector<LabelledObject> truth, tracks;
  for (int frame = 1; frame <= 10; ++frame) {
    const bool swapped = frame > 5;
    for (int id : {0, 1}) {
      truth.push_back(object(frame, id, 100.0 * id));
      tracks.push_back(object(frame, swapped ? 1 - id : id, 100.0 * id));
    }
  }
  const ScoredSequence sequence = score_boxes(truth, tracks);
  EXPECT_EQ(clear_mot(sequence).id_switches, 2);
  EXPECT_EQ(clear_mot(sequence).fragmentations, 0);
  EXPECT_DOUBLE_EQ(clear_mot(sequence).mota, 0.9);
  EXPECT_DOUBLE_EQ(identity(sequence).f1, 0.5);
  // Each of the four pairs holds 5 of the 20 matches: A = 5 / (10 + 10 - 5).
  EXPECT_DOUBLE_EQ(hota(sequence).ass_a[0], 1.0 / 3);
}

TEST(Metrics, FrameWithoutTracksDoesNotResetThePrevious) {
  // Track 2 is nearer in frame 3, but track 1 was matched in the last frame that had tracks.
  const std::vector<LabelledObject> truth = {object(1, 1, 0), object(2, 1, 0), object(3, 1, 0)};
  const std::vector<LabelledObject> tracks = {object(1, 1, 0), object(3, 1, 2), object(3, 2, 0)};
  const ClearScores scores = clear_mot(score_boxes(truth, tracks));
  EXPECT_EQ(scores.id_switches, 0);
  EXPECT_EQ(scores.fragmentations, 0);
  EXPECT_EQ(scores.fn, 1);
  EXPECT_EQ(scores.fp, 1);
}

TEST(Metrics, OneSideEmpty) {
  const std::vector<LabelledObject> some = {object(1, 1, 0), object(2, 1, 0)};
  const ScoredSequence missed = score_boxes(some, {}), invented = score_boxes({}, some), nothing = score_boxes({}, {});
  EXPECT_EQ(clear_mot(missed).fn, 2);
  EXPECT_EQ(clear_mot(missed).mostly_lost, 1);
  EXPECT_EQ(identity(missed).fn, 2);
  EXPECT_EQ(hota(missed).fn[0], 2);
  EXPECT_EQ(clear_mot(invented).fp, 2);
  EXPECT_EQ(identity(invented).fp, 2);
  EXPECT_EQ(hota(invented).hota[3], 0);
  EXPECT_EQ(identity(nothing).f1, 0);
}

TEST(Metrics, PointsByDistance) {
  const std::vector<LabelledObject> truth = {object(1, 1, 0)};
  EXPECT_DOUBLE_EQ(score_points(truth, std::vector{object(1, 1, 4)}, 8).frames[0].at(0, 0), 0.5);
  EXPECT_DOUBLE_EQ(score_points(truth, std::vector{object(1, 1, 9)}, 8).frames[0].at(0, 0), 0);
  EXPECT_THROW(score_points(truth, truth, 0), std::invalid_argument);
}

TEST(Metrics, RejectsDuplicateIdsAndFramesOutOfRange) {
  EXPECT_THROW(score_boxes(std::vector{object(1, 1, 0), object(1, 1, 5)}, {}), std::invalid_argument);
  EXPECT_THROW(score_boxes({}, std::vector{object(0, 1, 0)}), std::invalid_argument);
  EXPECT_THROW(score_boxes({}, std::vector{object(4, 1, 0)}, 3), std::invalid_argument);
}

TEST(Metrics, IntersectionOverUnion) {
  EXPECT_DOUBLE_EQ(intersection_over_union({0, 0, 2, 2}, {1, 0, 2, 2}), 1.0 / 3);
  EXPECT_EQ(intersection_over_union({0, 0, 2, 2}, {2, 0, 2, 2}), 0);
  EXPECT_EQ(intersection_over_union({0, 0, 0, 0}, {0, 0, 0, 0}), 0);
}

}  // namespace
}  // namespace flashcell::tracking
