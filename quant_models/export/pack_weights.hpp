#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "quant_models/packed/model_builder.hpp"
#include "quant_models/tensor/quantization.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// Weights in the engine's order, with what belongs to each output channel.
struct PackedWeights {
  std::vector<int8_t> values;
  std::vector<int32_t> bias;
  std::vector<contract::Requantization> scales;
  int bits = 8;

  LayerWeights view() const { return {values, bits, bias, scales}; }
};

/// How the numbers that weights multiply are stored.
struct StoredInput {
  double scale = 1;
  int zero_point = 0;
};

/// The integers of a layer's weights, its bias in steps of its sums with both zero points folded in, and the factors
/// from sums to outputs. place(o, i): where weight i of output channel o goes, among `packed_count`; what nothing goes
/// to stays 0. Throws ModelError for weights that the engine has no integers for, and factors and biases beyond its
/// own.
PackedWeights pack_weights(const Tensor& weight, const Tensor& bias, const std::optional<Quantization>& quantization,
                           const StoredInput& in, const ActivationFormat& out, size_t packed_count,
                           const std::function<size_t(size_t, size_t)>& place);

/// requantization_for() with a ModelError.
contract::Requantization requantization_between(double factor);

}  // namespace flashcell::quant
