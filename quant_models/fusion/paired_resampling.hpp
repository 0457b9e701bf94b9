#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/train/average_precision.hpp"

namespace flashcell::quant {

/// How sure a comparison of two detectors on the same pictures is: the share of `resamples` in which the first one's
/// mean average precision at an overlap of 0.5 is at least the second's. A resample takes as many
/// pictures as there are, with repetition, the same for both (paired bootstrap: Efron, Tibshirani, An Introduction to
/// the Bootstrap, 1993, chapter 16). The same seed gives the same number. Throws std::invalid_argument where the two
/// are not of the same number of pictures, or of none.
double share_at_least(const std::vector<DetectedPicture>& first, const std::vector<DetectedPicture>& second,
                      int classes, int resamples, uint64_t seed);

}  // namespace flashcell::quant
