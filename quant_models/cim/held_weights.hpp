#pragma once
#include <vector>

#include "quant_models/cim/array_layer.hpp"

namespace flashcell::quant::cim {

/// What a layer's weights have come to in the arrays of one chip, groups x outputs x inputs: program() without
/// converters, the noise of reading drawn once. What training with a device's noise computes with. `settings` says the
/// weights' limit. Throws as program().
std::vector<float> held_weights(const ArrayWeights& weights, const ArrayDevice& device, const LayerSettings& settings,
                                uint64_t seed, uint32_t layer);

}  // namespace flashcell::quant::cim
