#include "tracking/metrics/clear.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tracking/metrics/dense_assignment.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// What is remembered of each true id from frame to frame.
struct Memory {
  std::vector<int> last_track;      ///< the id it was last matched with, ever; -1: never
  std::vector<int> previous_track;  ///< in the last frame that had objects on both sides; -1: none
  std::vector<int64_t> present, matched, pieces;

  explicit Memory(int ids) : last_track(ids, -1), previous_track(ids, -1), present(ids), matched(ids), pieces(ids) {}
};

/// Keeps the matches of the previous frame first, then takes the largest sum of similarities.
std::vector<int> match_frame(const ScoredFrame& frame, const Memory& memory, double threshold) {
  std::vector<double> cost;
  cost.reserve(frame.similarity.size());
  for (size_t i = 0; i < frame.truth.size(); ++i) {
    for (size_t j = 0; j < frame.tracks.size(); ++j) {
      const double similarity = frame.at(i, j);
      const bool continued = memory.previous_track[frame.truth[i]] == frame.tracks[j];
      cost.push_back(similarity < threshold - kEpsilon ? 0 : -(1000.0 * continued + similarity));
    }
  }
  std::vector<int> match =
      assign_dense(cost, static_cast<int>(frame.truth.size()), static_cast<int>(frame.tracks.size()));
  for (size_t i = 0; i < match.size(); ++i) {
    if (match[i] >= 0 && -cost[i * frame.tracks.size() + match[i]] <= kEpsilon) match[i] = -1;
  }
  return match;
}

void count_frame(const ScoredFrame& frame, double threshold, Memory& memory, ClearScores& scores) {
  if (frame.truth.empty() || frame.tracks.empty()) {
    scores.fp += static_cast<int64_t>(frame.tracks.size());
    scores.fn += static_cast<int64_t>(frame.truth.size());
    for (int id : frame.truth) ++memory.present[id];
    return;
  }
  const std::vector<int> match = match_frame(frame, memory, threshold);
  const std::vector<int> before = memory.previous_track;
  std::fill(memory.previous_track.begin(), memory.previous_track.end(), -1);
  int64_t matched = 0;
  for (size_t i = 0; i < match.size(); ++i) {
    const int id = frame.truth[i];
    ++memory.present[id];
    if (match[i] < 0) continue;
    const int track = frame.tracks[match[i]];
    ++matched;
    ++memory.matched[id];
    scores.motp_sum += frame.at(i, match[i]);
    if (memory.last_track[id] >= 0 && memory.last_track[id] != track) ++scores.id_switches;
    if (before[id] < 0) ++memory.pieces[id];
    memory.last_track[id] = memory.previous_track[id] = track;
  }
  scores.tp += matched;
  scores.fn += static_cast<int64_t>(frame.truth.size()) - matched;
  scores.fp += static_cast<int64_t>(frame.tracks.size()) - matched;
}

void finish(ClearScores& s) {
  const auto tp = static_cast<double>(s.tp), fp = static_cast<double>(s.fp), fn = static_cast<double>(s.fn);
  const auto switches = static_cast<double>(s.id_switches);
  const double objects = std::max(1.0, tp + fn);
  const double ids = std::max(1.0, static_cast<double>(s.mostly_tracked + s.partly_tracked + s.mostly_lost));
  s.mostly_tracked_ratio = static_cast<double>(s.mostly_tracked) / ids;
  s.partly_tracked_ratio = static_cast<double>(s.partly_tracked) / ids;
  s.mostly_lost_ratio = static_cast<double>(s.mostly_lost) / ids;
  s.recall = tp / objects;
  s.precision = tp / std::max(1.0, tp + fp);
  s.f1 = tp / std::max(1.0, tp + 0.5 * fn + 0.5 * fp);
  s.moda = (tp - fp) / objects;
  s.mota = (tp - fp - switches) / objects;
  s.motp = s.motp_sum / std::max(1.0, tp);
  s.smota = (s.motp_sum - fp - switches) / objects;
  s.motal = (tp - fp - (switches > 0 ? std::log10(switches) : 0)) / objects;
  s.fp_per_frame = fp / std::max(1.0, static_cast<double>(s.frames));
}

}  // namespace

ClearScores clear_mot(const ScoredSequence& sequence, double threshold) {
  ClearScores scores;
  // TrackEval counts no frames of a sequence that is empty on one side, and calls all its ids mostly lost.
  if (sequence.truth_objects == 0 || sequence.track_objects == 0) {
    scores.fn = sequence.truth_objects;
    scores.fp = sequence.track_objects;
    scores.mostly_lost = sequence.truth_ids;
    finish(scores);
    scores.mostly_lost_ratio = 1;
    return scores;
  }
  Memory memory(sequence.truth_ids);
  for (const ScoredFrame& frame : sequence.frames) count_frame(frame, threshold, memory, scores);
  for (int id = 0; id < sequence.truth_ids; ++id) {
    const double ratio = static_cast<double>(memory.matched[id]) / static_cast<double>(memory.present[id]);
    ++(ratio > 0.8 ? scores.mostly_tracked : ratio >= 0.2 ? scores.partly_tracked : scores.mostly_lost);
    scores.fragmentations += std::max<int64_t>(0, memory.pieces[id] - 1);
  }
  scores.frames = sequence.frame_count;
  finish(scores);
  return scores;
}

ClearScores combine(std::span<const ClearScores> sequences) {
  ClearScores all;
  for (const ClearScores& s : sequences) {
    all.tp += s.tp;
    all.fn += s.fn;
    all.fp += s.fp;
    all.id_switches += s.id_switches;
    all.mostly_tracked += s.mostly_tracked;
    all.partly_tracked += s.partly_tracked;
    all.mostly_lost += s.mostly_lost;
    all.fragmentations += s.fragmentations;
    all.frames += s.frames;
    all.motp_sum += s.motp_sum;
  }
  finish(all);
  return all;
}

}  // namespace flashcell::tracking
