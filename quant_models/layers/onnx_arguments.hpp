#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/layers/onnx_node.hpp"

// What operators' arguments mean, for layers as well as for what is worked out while a file is read. All throw
// ModelError.
namespace flashcell::quant::onnx {

/// A known real tensor of so many numbers, in one dimension; `what` it is stands in the message.
Tensor vector_of(const Known& known, int64_t length, const char* what);

/// An axis of integers or attributes, counted from the end when below 0.
int checked_axis(int64_t axis, size_t rank);

/// The dimensions of a node's second operand, so that it stretches to its first by NumPy's rule: below operator set 7
/// an attribute says where they begin.
Shape operand_dims(const OnnxNode& node, const Shape& first, const Shape& second);

/// Dimensions without those listed (all of extent 1 where none is), and with new ones of extent 1.
Shape squeezed(const Shape& dims, std::vector<int64_t> axes);
Shape unsqueezed(const Shape& dims, std::vector<int64_t> axes);

/// One range of a Slice along a dimension of `extent`, with the bounds that the operator allows cut to it.
struct SliceRange {
  int axis = 0;
  int64_t begin = 0, step = 1, count = 0;
};
/// The ranges of a node Slice for an input of these dimensions.
std::vector<SliceRange> slice_ranges(const OnnxNode& node, const Shape& dims);

/// The sizes of a node Split's parts along a dimension of `extent`.
std::vector<int64_t> split_sizes(const OnnxNode& node, int64_t extent);

}  // namespace flashcell::quant::onnx
