#pragma once
#include <span>
#include <vector>

#include "quant_models/recurrent/egru.hpp"
#include "quant_models/recurrent/layer_training.hpp"

// Tied embeddings behind a projection: logits = embedding x (projection x outputs) (Press and Wolf, Using the output
// embedding to improve language models, EACL 2017, section 3, there square). Outputs of an EGRU are never negative;
// what the decoder reads of a projection has both signs, and may have another width than the units that are projected:
// the last layer's or all layers' (readout.hpp). It is there while a network learns; a file has a decoder, embedding x
// projection, so that decoding a word costs no more than those units' events.
namespace flashcell::quant {

/// A projection for the network's sizes, with which units 0 .. inputs - 1 of the last layer are the embedding's
/// numbers, the next as many their negatives, and so on in turn.
void begin_projection(RecurrentNetwork& network);

/// Rows of outputs (readout.hpp) to rows of what the decoder reads.
void project(const RecurrentNetwork& network, std::span<const float> outputs, std::vector<float>& projected);

/// From the gradient by what the decoder reads: that by the outputs, and the projection's, added to `gradients`.
void project_back(const RecurrentNetwork& network, std::span<const float> outputs,
                  std::span<const float> projected_gradients, std::span<float> output_gradients,
                  RecurrentNetwork& gradients);

/// The network as files hold it: a projection has become a decoder of its own.
RecurrentNetwork without_projection(RecurrentNetwork network);

}  // namespace flashcell::quant
