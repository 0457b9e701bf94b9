#pragma once
#include <span>
#include <vector>

#include "quant_models/quantize/rounding_problem.hpp"

namespace flashcell::quant {

/// One output channel's weights: scale * integers.
struct RoundedChannel {
  float scale = 1;
  std::vector<float> integers;
  float bias_change = 0;
};

/// Integers within [low, high] for one channel's weights, each up or down, so that its sums come closest to what is
/// wanted. `fits_scale`: begins at the scale, from 0.4 to 1.1 of the given one, whose nearest rounding is closest, and
/// ends with scale and integers fitted to each other in turns. `iterations`: of Adam (RoundingProblem::round), whose
/// result is descended from. Never further away than nearest rounding with the given scale.
RoundedChannel round_channel(const RoundingProblem& problem, size_t channel, std::span<const float> weights,
                             float scale, int low, int high, bool fits_scale, int iterations);

}  // namespace flashcell::quant
