#include "tracking/metrics/identity.hpp"

#include <algorithm>
#include <vector>

#include "tracking/metrics/dense_assignment.hpp"

namespace flashcell::tracking {
namespace {

void finish(IdentityScores& s) {
  const auto tp = static_cast<double>(s.tp), fp = static_cast<double>(s.fp), fn = static_cast<double>(s.fn);
  s.recall = tp / std::max(1.0, tp + fn);
  s.precision = tp / std::max(1.0, tp + fp);
  s.f1 = tp / std::max(1.0, tp + 0.5 * fp + 0.5 * fn);
}

}  // namespace

IdentityScores identity(const ScoredSequence& sequence, double threshold) {
  const size_t cols = sequence.track_ids;
  // Fewest false positives and negatives together is the same as most agreements: each agreement removes one of both.
  std::vector<double> cost(static_cast<size_t>(sequence.truth_ids) * cols);
  for (const ScoredFrame& frame : sequence.frames) {
    for (size_t i = 0; i < frame.truth.size(); ++i) {
      for (size_t j = 0; j < frame.tracks.size(); ++j) {
        if (frame.at(i, j) >= threshold) cost[static_cast<size_t>(frame.truth[i]) * cols + frame.tracks[j]] -= 1;
      }
    }
  }
  const std::vector<int> match = assign_dense(cost, sequence.truth_ids, sequence.track_ids);
  IdentityScores scores;
  for (size_t i = 0; i < match.size(); ++i) {
    if (match[i] >= 0) scores.tp -= static_cast<int64_t>(cost[i * cols + match[i]]);
  }
  scores.fn = sequence.truth_objects - scores.tp;
  scores.fp = sequence.track_objects - scores.tp;
  finish(scores);
  return scores;
}

IdentityScores combine(std::span<const IdentityScores> sequences) {
  IdentityScores all;
  for (const IdentityScores& s : sequences) {
    all.tp += s.tp;
    all.fn += s.fn;
    all.fp += s.fp;
  }
  finish(all);
  return all;
}

}  // namespace flashcell::tracking
