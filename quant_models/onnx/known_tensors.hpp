#pragma once
#include <vector>

#include "quant_models/onnx/operator_context.hpp"

// Tensors of any rank that are known when the file is read: integers and real numbers, extents of 0 allowed.
namespace flashcell::quant::onnx {

/// Product of the extents. Throws ModelError for an extent below 0, more than kMaxRank of them or kMaxElements numbers.
int64_t known_count(const Shape& dims);

/// Distance in memory between neighbours along each dimension.
std::vector<int64_t> known_strides(const Shape& dims);

/// NumPy's rule for two shapes. Throws ModelError.
Shape known_broadcast(const Shape& a, const Shape& b);

/// Numbers of `from`, chosen by their place in memory. `places` are `dims`' count.
Known pick(const Known& from, Shape dims, const std::vector<int64_t>& places);

/// The place of every number of `out`, in order: first + the sum of its index times `steps`.
std::vector<int64_t> walk(const Shape& out, int64_t first, const std::vector<int64_t>& steps);

/// `from` stretched to `dims`, which it must fit.
Known stretched(const Known& from, const Shape& dims);

/// The same numbers under other dimensions; their quantization stays where it is one for all.
Known reshaped(const Known& from, Shape dims);

/// Integers in one dimension, of type int64.
Known known_integers(std::vector<int64_t> integers);

/// The dimensions of a node's second operand, so that it stretches to its first by NumPy's rule: below operator set 7
/// an attribute says where they begin.
Shape operand_dims(const OperatorContext& context, const Shape& first, const Shape& second);

/// Dimensions without those listed (all of extent 1 where none is), and with new ones of extent 1. Throw ModelError.
Shape squeezed(const Shape& dims, std::vector<int64_t> axes);
Shape unsqueezed(const Shape& dims, std::vector<int64_t> axes);

/// One range of a Slice along a dimension of `extent`, with the bounds that the operator allows cut to it.
struct SliceRange {
  int axis = 0;
  int64_t begin = 0, step = 1, count = 0;
};
/// The ranges of a node Slice for an input of these dimensions.
std::vector<SliceRange> slice_ranges(const OperatorContext& context, const Shape& dims);

/// The sizes of a node Split's parts along a dimension of `extent`.
std::vector<int64_t> split_sizes(const OperatorContext& context, int64_t extent);

}  // namespace flashcell::quant::onnx
