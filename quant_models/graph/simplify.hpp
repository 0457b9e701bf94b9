#pragma once
#include "quant_models/graph/graph.hpp"

// Functions from graph to graph that leave what the network computes as it is, up to rounding.
namespace flashcell::quant {

/// Batch normalization behind a convolution or fully connected layer that nothing else reads becomes part of its
/// weights and bias: W'_o = W_o * g_o, b'_o = (b_o - mean_o) * g_o + beta_o, g = scale / sqrt(variance + epsilon).
/// One that stands elsewhere becomes a depthwise 1x1 convolution where its input is N x C x H x W.
Graph fold_batch_normalization(Graph graph);

/// x * sigmoid(x) becomes swish, x * hard_sigmoid(x) with slope 1/6 and offset 1/2 becomes hard swish; a clip from 0 to
/// infinity becomes ReLU.
Graph fuse_activations(Graph graph);

/// Zero padding in front of a convolution, or of an average pool without padding of its own, becomes the layer's
/// padding (the pool then counts padding).
Graph fold_padding(Graph graph);

/// All of the above, and nothing left that no output needs.
Graph simplify(Graph graph);

}  // namespace flashcell::quant
