#pragma once
#include <ATen/ATen.h>

#include <functional>
#include <span>

#include "quant_models/layers/layer.hpp"

namespace flashcell::quant {

/// A layer without parameters as a function of libtorch tensors. Throws ModelError that names the layer for one that
/// has parameters, or that training lacks.
std::function<at::Tensor(std::span<const at::Tensor> inputs)> torch_layer(const Layer& layer);

/// Convolution with the layer's stride, padding and groups.
at::Tensor torch_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             const Convolution& layer);

}  // namespace flashcell::quant
