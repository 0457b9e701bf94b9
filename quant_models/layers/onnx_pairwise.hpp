#pragma once
#include <functional>

#include "quant_models/layers/onnx_node.hpp"

// Reading ONNX's sums, products and what comes down to them.
namespace flashcell::quant {

/// A tensor without dimensions.
Tensor number(float value);

/// The value times a fixed number; both nodes are named after `name`.
NodeId scaled(OnnxNode& node, NodeId value, float factor, const char* name);

/// Emits factor * (value + offset).
void import_shifted(OnnxNode& node, NodeId value, float offset, float factor);

/// The second operand with the dimensions that stretch to the first; a constant is changed by `function` on its way.
NodeId operand(OnnxNode& node, const char* name, const std::function<float(float)>& function);

/// Emits `layer`, which reads both operands.
void import_pairwise(OnnxNode& node, Layer layer);

}  // namespace flashcell::quant
