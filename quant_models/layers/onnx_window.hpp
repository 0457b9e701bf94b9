#pragma once
#include <array>

#include "quant_models/layers/onnx_node.hpp"

// Reading ONNX's convolutions and pools: what runs a window over an image. One-dimensional ones are images of a single
// row. All throw ModelError.
namespace flashcell::quant {

/// A kernel, stride or padding in range; `what` it is stands in the message.
int checked_int(int64_t value, const char* what);

/// Whether the first input is N x C x W.
bool is_line(OnnxNode& node);

/// Rows, columns of an attribute of two integers; of a line, one.
std::array<int, 2> pair_of(OnnxNode& node, const char* name, int otherwise);

Stride stride_of(OnnxNode& node);
Padding padding_of(OnnxNode& node, const std::array<int, 2>& kernel, const Stride& stride);

/// Emits the layer on an image; a line becomes one and its result a line again.
void emit_on_image(OnnxNode& node, Layer layer);

}  // namespace flashcell::quant
