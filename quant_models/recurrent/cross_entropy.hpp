#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "quant_models/recurrent/trainer.hpp"

namespace flashcell::quant {

/// Sum of -ln softmax(logits)[target] over rows of `names` logits. `logits` become the gradient of scale times this
/// sum.
double cross_entropy(std::span<float> logits, std::span<const int32_t> targets, size_t names, float scale);

/// Loss of a decoder over rows of the last layer's outputs, a few hundred rows at a time so that memory stays small:
/// scale times the sum of cross entropies. Adds to the gradients of the decoder (or of the embedding that stands in for
/// it), writes those of the outputs. Returns the sum without the scale.
double decoder_loss(const RecurrentNetwork& network, const PackedDecoder& decoder, std::span<const float> outputs,
                    std::span<const int32_t> targets, float scale, std::span<float> output_gradients,
                    RecurrentNetwork& gradients, std::vector<float>& logits);

/// The sum alone.
double decoder_loss(const RecurrentNetwork& network, const PackedDecoder& decoder, std::span<const float> outputs,
                    std::span<const int32_t> targets, std::vector<float>& logits);

}  // namespace flashcell::quant
