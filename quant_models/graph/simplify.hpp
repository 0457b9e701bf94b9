#pragma once
#include "quant_models/graph/graph.hpp"

// Functions from graph to graph that leave what the network computes as it is, up to rounding.
namespace flashcell::quant {

struct SimplifyOptions {
  bool keep_batch_normalization = false;  ///< for who needs its scale, bias, mean and variance
};

/// Batch normalization, and sums with and products by a constant that has one number, or one for each channel, are
/// y = g * x + h. Behind a convolution or fully connected layer that nothing else reads it becomes part of the weights
/// and the bias: W'_o = W_o * g_o, b'_o = b_o * g_o + h_o. One that stands elsewhere becomes a depthwise 1x1
/// convolution where its input is N x C x H x W, part of the fully connected layer behind it, or a fully connected
/// layer of its own (of up to kMostDiagonal numbers).
Graph fold_affine(Graph graph, const SimplifyOptions& options = {});
inline constexpr int64_t kMostDiagonal = 1024;

/// x * sigmoid(x) becomes swish, x * hard_sigmoid(x) with slope 1/6 and offset 1/2 becomes hard swish; a clip from 0 to
/// infinity becomes ReLU.
Graph fuse_activations(Graph graph);

/// Zero padding in front of a convolution, or of an average pool without padding of its own, becomes the layer's
/// padding (the pool then counts padding). A border of nothing vanishes.
Graph fold_padding(Graph graph);

/// All of the above, and nothing left that no output needs.
Graph simplify(Graph graph, const SimplifyOptions& options = {});

}  // namespace flashcell::quant
