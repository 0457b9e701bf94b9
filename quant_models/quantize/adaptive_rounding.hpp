#pragma once
#include <functional>
#include <span>
#include <string>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

struct AdaptiveRoundingOptions {
  uint64_t seed = 1;        ///< of the places that are looked at
  int threads = 1;          ///< the result does not depend on it
  int iterations = 1000;    ///< of Adam, for each layer
  int places = 64;          ///< outputs looked at in each image and layer, drawn at random
  bool fits_scales = true;  ///< where each output channel has its own; false: scales stay as they are (powers of two)
};

/// Hears which layer comes next, and how many of all are done.
using RoundingProgress = std::function<void(const std::string& layer, size_t done, size_t all)>;

/// True for layers with weights and at most 4608 inputs an output.
bool can_round_adaptively(const Layer& layer);

/// Rounds each weight up or down so that its layer's sums come closest to those of the real network, instead of to the
/// nearest: layer by layer in the graph's order, each on what the rounded layers before it make of a few images
/// (`count` of them, as run_all() takes them). Weights become the numbers that their integers stand for.
/// Source: Nagel et al., Up or Down? Adaptive Rounding for Post-Training Quantization, 2020: equations 21 to 25
/// (rectified sigmoid, annealed regularizer, Adam, asymmetric reconstruction), without the activation function. The
/// squared error over all places is a quadratic form of the weights, so that every step sees all of them. Beyond the
/// publication, a channel's bias takes the mean of its error, so that rounding only has to keep what varies; each
/// channel's scale is fitted by the same error; and what Adam has rounded is descended from weight by weight
/// (channel_rounding.hpp). An output channel that would end with a larger error than nearest rounding keeps that. Time
/// grows with (inputs of an output)^2 x outputs x iterations of each layer; layers that are too large for it
/// (can_round_adaptively) keep nearest rounding.
/// `real`: the network before quantization, with nodes of the same names. `quantized`: with quantizations attached;
/// layers without a weight quantization stay. Equal arguments give equal bytes. Throws ModelError where a layer is
/// missing in `real`, std::invalid_argument for options out of range.
Graph round_adaptively(const Graph& real, Graph quantized, std::span<const float> images, int64_t count,
                       const AdaptiveRoundingOptions& options = {}, const RoundingProgress& progress = {});

}  // namespace flashcell::quant
