#pragma once
#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/window.hpp"

namespace flashcell::quant {

/// An image with a border of `value`.
at::Tensor padded(const at::Tensor& x, const Padding& padding, double value);

/// Whether libtorch's own padding, the same at both ends, can do it.
bool is_even(const Padding& padding);

}  // namespace flashcell::quant
