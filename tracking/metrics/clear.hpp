#pragma once
#include <cstdint>
#include <span>

#include "tracking/metrics/sequence.hpp"

namespace flashcell::tracking {

/// CLEAR MOT metrics (Bernardin, Stiefelhagen 2008) in the MOTChallenge's conventions. Rates are per true object unless
/// said.
struct ClearScores {
  int64_t tp = 0, fn = 0, fp = 0;
  int64_t id_switches = 0;
  int64_t mostly_tracked = 0, partly_tracked = 0, mostly_lost = 0;  ///< true ids: above 0.8, from 0.2, below
  int64_t fragmentations = 0;
  int64_t frames = 0;
  double motp_sum = 0;  ///< sum of the matches' similarities

  double recall = 0, precision = 0, f1 = 0;
  double mota = 0, motp = 0, moda = 0, smota = 0, motal = 0;
  double mostly_tracked_ratio = 0, partly_tracked_ratio = 0, mostly_lost_ratio = 0;
  double fp_per_frame = 0;
};

/// Equal to TrackEval's CLEAR without preprocessing. A pair can match from similarity `threshold` on.
ClearScores clear_mot(const ScoredSequence& sequence, double threshold = 0.5);

/// Several sequences as one: counts are summed.
ClearScores combine(std::span<const ClearScores> sequences);

}  // namespace flashcell::tracking
