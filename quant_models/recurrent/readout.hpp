#pragma once
#include <span>
#include <vector>

#include "quant_models/recurrent/layer_training.hpp"

// What a decoder reads: the last layer's outputs, or those of all layers side by side, the first one's first
// (RecurrentNetwork::all_read).
namespace flashcell::quant {

/// Rows (steps x batch) of what the decoder reads, from the layers' tapes.
void gather_outputs(const RecurrentNetwork& network, const std::vector<LayerTape<float>>& tapes,
                    std::vector<float>& read);

/// Adds to the gradient by a layer's outputs its part of the gradient by what the decoder reads; nothing where that
/// layer is not read.
void add_read_gradients(const RecurrentNetwork& network, std::span<const float> read_gradients, size_t layer,
                        std::span<float> output_gradients);

}  // namespace flashcell::quant
