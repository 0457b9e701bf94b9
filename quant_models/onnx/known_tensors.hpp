#pragma once
#include <vector>

#include "quant_models/layers/onnx_tensor.hpp"

// Tensors of any rank that are known when the file is read: integers and real numbers, extents of 0 allowed.
namespace flashcell::quant::onnx {

/// Product of the extents. Throws ModelError for an extent below 0, more than kMaxRank of them or kMaxElements numbers.
int64_t known_count(const Shape& dims);

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

}  // namespace flashcell::quant::onnx
