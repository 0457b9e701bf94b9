#pragma once
#include <optional>
#include <string>

#include "quant_models/tensor/quantization.hpp"
#include "quant_models/tensor/tensor.hpp"

// What layers ask of their inputs and of themselves. All throw ModelError that says what does not fit, not which node:
// the graph adds that.
namespace flashcell::quant {

void require(bool good, const std::string& what);

/// As many numbers as the shape says, all finite. `name`: "weight", ...
void require_tensor(const Tensor& tensor, const char* name);

/// A tensor of one dimension of `length`.
void require_vector(const Tensor& tensor, int64_t length, const char* name);

/// Of weights with so many output channels (dimension 0).
void require_weight_quantization(const std::optional<Quantization>& quantization, int64_t channels);

/// N x C x H x W.
void require_image(const Shape& x);

/// Of a kernel, stride, border or factor: low to 2^20.
void require_range(int64_t value, int64_t low, const char* name);

/// `axis` counted from the end when below 0; it must exist in `rank` dimensions.
int resolve_axis(int axis, size_t rank);

/// The common shape of two values, extents of 1 stretched.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace flashcell::quant
