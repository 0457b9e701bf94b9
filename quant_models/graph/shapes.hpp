#pragma once
#include <span>

#include "quant_models/graph/layers.hpp"

namespace flashcell::quant {

/// Shape of what the layer makes of inputs of these shapes. Checks the layer itself as well: number of inputs, sizes of
/// its weights, quantization. Throws ModelError that says what does not fit (not which node: the graph adds that).
Shape infer_shape(const Layer& layer, std::span<const Shape> inputs);

/// `axis` counted from the end when below 0. Throws ModelError when it does not exist in `rank` dimensions.
int resolve_axis(int axis, size_t rank);

/// The common shape of two values, extents of 1 stretched. Throws ModelError when they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace flashcell::quant
