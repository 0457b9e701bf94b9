#pragma once
#include <cstdint>
#include <random>
#include <vector>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::test {

/// What kind of model random_model() draws.
struct RandomModelOptions {
  int most_layers = 8;
  int most_side = 20;      ///< px of the input
  int most_channels = 40;  ///< of a convolution's output
  /// Only what the first version of the contract had, in bytes: the layers of kernel qcnn.
  bool first_kinds = false;
};

/// A valid model of all kinds of layers, shapes, strides, dilations, bits, residuals and concatenations, extremes
/// included: weights, biases and multipliers at their limits. The same seed gives the same model.
quant::PackedModel random_model(uint64_t seed, const RandomModelOptions& options = {});

/// Inputs for `items` items: noise, or the extremes of the range.
std::vector<uint8_t> random_inputs(const quant::PackedModel& model, size_t items, uint64_t seed);

}  // namespace flashcell::test
