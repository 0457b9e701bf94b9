#pragma once
#include "quant_models/cim/array_network.hpp"

namespace flashcell::quant::cim {

/// The network's first output for each of `count` images that lie one after the other, on arrays. Image i has the noise
/// of item i: the same bytes for every batch and number of threads. Throws as run_all().
std::vector<float> run_on_arrays(const Graph& graph, const PreparedLayers& layers, std::span<const float> images,
                                 int64_t count, const RunAllOptions& options = {});

}  // namespace flashcell::quant::cim
