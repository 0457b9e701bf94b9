#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/recurrent/egru.hpp"

namespace flashcell::quant {

/// Share of the weights that is pruned at `step`: 0 before `begin`, `final_share` from `end` on, between them
/// final (1 - (1 - progress)^3) (Zhu and Gupta, To prune, or not to prune, 2017).
double cubic_share(int64_t step, int64_t begin, int64_t end, double final_share);

/// Sets the `share` of smallest magnitude to 0; of equal ones the earlier.
void prune_smallest(std::vector<float>& weights, double share);

/// The same for both matrices of every layer, each by itself.
void prune_layers(RecurrentNetwork& network, double share);

/// Share of the layers' weights that is 0.
double zero_share(const RecurrentNetwork& network);

}  // namespace flashcell::quant
