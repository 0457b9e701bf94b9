#include "tracking/metrics/hota.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tracking/metrics/dense_assignment.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kLeast = std::numeric_limits<double>::epsilon();

/// How often each id occurs, and how well each pair of ids goes together over the whole sequence (Jaccard, weighted by
/// similarity).
struct Alignment {
  std::vector<double> truth_count, track_count;
  std::vector<double> score;  ///< truth_ids x track_ids

  explicit Alignment(const ScoredSequence& sequence)
      : truth_count(sequence.truth_ids),
        track_count(sequence.track_ids),
        score(static_cast<size_t>(sequence.truth_ids) * sequence.track_ids) {
    for (const ScoredFrame& frame : sequence.frames) add(frame, sequence.track_ids);
    for (size_t i = 0; i < truth_count.size(); ++i) {
      for (size_t j = 0; j < track_count.size(); ++j) {
        double& value = score[i * track_count.size() + j];
        value /= truth_count[i] + track_count[j] - value;
      }
    }
  }

 private:
  void add(const ScoredFrame& frame, int track_ids) {
    const size_t rows = frame.truth.size(), cols = frame.tracks.size();
    std::vector<double> row_sum(rows), col_sum(cols);
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < cols; ++j) {
        row_sum[i] += frame.at(i, j);
        col_sum[j] += frame.at(i, j);
      }
    }
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < cols; ++j) {
        const double joint = row_sum[i] + col_sum[j] - frame.at(i, j);
        if (joint > kLeast) {
          score[static_cast<size_t>(frame.truth[i]) * track_ids + frame.tracks[j]] += frame.at(i, j) / joint;
        }
      }
    }
    for (int id : frame.truth) ++truth_count[id];
    for (int id : frame.tracks) ++track_count[id];
  }
};

std::vector<int> best_matches(const ScoredFrame& frame, const Alignment& alignment) {
  std::vector<double> cost;
  cost.reserve(frame.similarity.size());
  for (size_t i = 0; i < frame.truth.size(); ++i) {
    for (size_t j = 0; j < frame.tracks.size(); ++j) {
      const size_t pair = static_cast<size_t>(frame.truth[i]) * alignment.track_count.size() + frame.tracks[j];
      cost.push_back(-alignment.score[pair] * frame.at(i, j));
    }
  }
  return assign_dense(cost, static_cast<int>(frame.truth.size()), static_cast<int>(frame.tracks.size()));
}

void fill_association(const Alignment& alignment, const std::vector<double>& matches, int a, HotaScores& scores) {
  const size_t cols = alignment.track_count.size();
  double ass_a = 0, ass_re = 0, ass_pr = 0;
  for (size_t i = 0; i < alignment.truth_count.size(); ++i) {
    for (size_t j = 0; j < cols; ++j) {
      const double n = matches[i * cols + j];
      if (n == 0) continue;
      ass_a += n * n / std::max(1.0, alignment.truth_count[i] + alignment.track_count[j] - n);
      ass_re += n * n / std::max(1.0, alignment.truth_count[i]);
      ass_pr += n * n / std::max(1.0, alignment.track_count[j]);
    }
  }
  const double tp = std::max(1.0, scores.tp[a]);
  scores.ass_a[a] = ass_a / tp;
  scores.ass_re[a] = ass_re / tp;
  scores.ass_pr[a] = ass_pr / tp;
}

void finish(HotaScores& s) {
  for (int a = 0; a < kHotaThresholds; ++a) {
    s.det_re[a] = s.tp[a] / std::max(1.0, s.tp[a] + s.fn[a]);
    s.det_pr[a] = s.tp[a] / std::max(1.0, s.tp[a] + s.fp[a]);
    s.det_a[a] = s.tp[a] / std::max(1.0, s.tp[a] + s.fn[a] + s.fp[a]);
    s.hota[a] = std::sqrt(s.det_a[a] * s.ass_a[a]);
    s.owta[a] = std::sqrt(s.det_re[a] * s.ass_a[a]);
  }
}

}  // namespace

double mean(const HotaArray& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / kHotaThresholds;
}

HotaScores hota(const ScoredSequence& sequence) {
  HotaScores scores;
  if (sequence.truth_objects == 0 || sequence.track_objects == 0) {
    scores.fn.fill(static_cast<double>(sequence.truth_objects));
    scores.fp.fill(static_cast<double>(sequence.track_objects));
    scores.loc_a.fill(1);
    return scores;
  }
  const Alignment alignment(sequence);
  std::vector<std::vector<double>> matches(kHotaThresholds, std::vector<double>(alignment.score.size()));
  for (const ScoredFrame& frame : sequence.frames) {
    const std::vector<int> match = best_matches(frame, alignment);
    for (int a = 0; a < kHotaThresholds; ++a) {
      const double threshold = 0.05 * (a + 1) - kLeast;
      double matched = 0;
      for (size_t i = 0; i < match.size(); ++i) {
        if (match[i] < 0 || frame.at(i, match[i]) < threshold) continue;
        ++matched;
        scores.loc_a[a] += frame.at(i, match[i]);
        ++matches[a][static_cast<size_t>(frame.truth[i]) * sequence.track_ids + frame.tracks[match[i]]];
      }
      scores.tp[a] += matched;
      scores.fn[a] += static_cast<double>(frame.truth.size()) - matched;
      scores.fp[a] += static_cast<double>(frame.tracks.size()) - matched;
    }
  }
  for (int a = 0; a < kHotaThresholds; ++a) {
    fill_association(alignment, matches[a], a, scores);
    scores.loc_a[a] = std::max(1e-10, scores.loc_a[a]) / std::max(1e-10, scores.tp[a]);
  }
  finish(scores);
  return scores;
}

HotaScores combine(std::span<const HotaScores> sequences) {
  HotaScores all;
  for (int a = 0; a < kHotaThresholds; ++a) {
    for (const HotaScores& s : sequences) {
      all.tp[a] += s.tp[a];
      all.fn[a] += s.fn[a];
      all.fp[a] += s.fp[a];
      all.ass_a[a] += s.ass_a[a] * s.tp[a];
      all.ass_re[a] += s.ass_re[a] * s.tp[a];
      all.ass_pr[a] += s.ass_pr[a] * s.tp[a];
      all.loc_a[a] += s.loc_a[a] * s.tp[a];
    }
    const double tp = std::max(1.0, all.tp[a]);
    all.ass_a[a] /= tp;
    all.ass_re[a] /= tp;
    all.ass_pr[a] /= tp;
    all.loc_a[a] = std::max(1e-10, all.loc_a[a]) / std::max(1e-10, all.tp[a]);
  }
  finish(all);
  return all;
}

}  // namespace flashcell::tracking
