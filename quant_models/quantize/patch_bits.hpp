#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

struct PatchBitsOptions {
  std::vector<int> choices = {3, 4, 5, 6, 8};  ///< bits that tokens may have, rising
  double mean_bits = 4;                        ///< over all numbers of the values that are given bits here, at most
};

/// What was given to one value.
struct PatchBits {
  std::string value;       ///< its node
  double sensitivity = 0;  ///< relative square error of the network's output for each unit of the value's own
  int few = 0, many = 0;   ///< bits of its tokens; equal: all have these
  int64_t with_many = 0;   ///< tokens that have `many`
};

struct PatchBitsResult {
  Graph graph;
  std::vector<PatchBits> values;  ///< in the graph's order
  double mean_bits = 0;           ///< reached
};

/// Mixed precision of a vision transformer over layers and, inside of a layer, over patches.
/// Values in even steps of one scale that a layer with weights reads as tokens (the second last dimension) are given
/// other bits over the same range. The cost of a token of b bits is the value's sensitivity times the mean square error
/// there; the sensitivity is global: the output's error where this value alone is quantized. With a price for a bit,
/// each value takes the two neighbouring choices, and each of its tokens the one of the two, that cost least: a point
/// of the Pareto front of error and memory (of its convex hull); the price is the least one that keeps to the mean.
/// Tokens are told apart by their position, over the images. A value with two kinds of tokens is parted by two Gather
/// layers, each stored in its own way, and joined again. After patch-wise mixed precision (IJCNN 2023), of which the
/// equations were not at hand: the form is ours. `quantized`: as quantize_repq() gives it. `images`: `count` of them,
/// as run_all() takes them. Throws ModelError where no value has tokens, std::invalid_argument for options out of
/// range.
PatchBitsResult allot_patch_bits(Graph quantized, std::span<const float> images, int64_t count,
                                 const PatchBitsOptions& options);

}  // namespace flashcell::quant
