#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "quant_models/tensor/quantization.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// Lowering::pack(). Throws ModelError for weights that the engine has no integers for, and factors and biases beyond
/// its own.
PackedWeights pack_weights(const Tensor& weight, const Tensor& bias, const std::optional<Quantization>& quantization,
                           const Lowering::Value& in, const ActivationFormat& out, size_t packed_count,
                           const std::function<size_t(size_t, size_t)>& place);

/// requantization_for(), dyadic_for() with a ModelError.
contract::Requantization requantization_between(double factor);
contract::Requantization dyadic_between(double factor, int bits);

}  // namespace flashcell::quant
