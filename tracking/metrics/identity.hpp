#pragma once
#include <cstdint>
#include <span>

#include "tracking/metrics/sequence.hpp"

namespace flashcell::tracking {

/// Identity metrics (Ristani et al., ECCV-W 2016): every true id is given at most one track id over the whole sequence
/// so that most objects agree.
struct IdentityScores {
  int64_t tp = 0, fn = 0, fp = 0;
  double f1 = 0, recall = 0, precision = 0;
};

/// Equal to TrackEval's Identity without preprocessing. A pair agrees in a frame from similarity `threshold` on.
IdentityScores identity(const ScoredSequence& sequence, double threshold = 0.5);

/// Several sequences as one: counts are summed.
IdentityScores combine(std::span<const IdentityScores> sequences);

}  // namespace flashcell::tracking
