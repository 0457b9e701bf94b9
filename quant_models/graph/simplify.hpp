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

/// Layer normalization that is written as means, a difference, a square, a root and a quotient becomes one layer, with
/// a product by and a sum with fixed numbers for each normalized place where they stand behind it.
Graph fuse_layer_normalization(Graph graph);

/// GELU that is written with erf or tanh becomes one layer, whatever the order of its sums and products; a number of
/// times GELU becomes it and a product.
Graph fuse_gelu(Graph graph);

/// A product of two values times one number, before it or behind, takes the number in as its scale.
Graph fuse_product_scale(Graph graph);

/// All of the above, and nothing left that no output needs.
Graph simplify(Graph graph, const SimplifyOptions& options = {});

}  // namespace flashcell::quant
