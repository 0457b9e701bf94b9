#pragma once
#include <array>

#include "quant_models/layers/onnx_node.hpp"

namespace flashcell::quant {

/// A node Resize or Upsample that interpolates between pixels ("linear", "cubic"), whose rows and columns grow by these
/// factors: each is a linear map of one dimension, so that it becomes products with fixed matrices. Throws ModelError.
void emit_interpolation(OnnxNode& node, const std::array<double, 2>& factors);

}  // namespace flashcell::quant
