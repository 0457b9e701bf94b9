#pragma once
#include <array>
#include <span>

#include "tracking/metrics/sequence.hpp"

namespace flashcell::tracking {

constexpr int kHotaThresholds = 19;  ///< localization thresholds 0.05, 0.10 … 0.95
using HotaArray = std::array<double, kHotaThresholds>;

/// Higher order tracking accuracy (Luiten et al., IJCV 2021), one value a threshold. Figures are 0..1, counts are
/// objects.
struct HotaScores {
  HotaArray tp{}, fn{}, fp{};
  HotaArray hota{}, det_a{}, ass_a{}, det_re{}, det_pr{}, ass_re{}, ass_pr{}, loc_a{}, owta{};
};

double mean(const HotaArray& values);

/// Equal to TrackEval's HOTA without preprocessing.
HotaScores hota(const ScoredSequence& sequence);

/// Several sequences as one: counts are summed, association averaged over true positives.
HotaScores combine(std::span<const HotaScores> sequences);

}  // namespace flashcell::tracking
