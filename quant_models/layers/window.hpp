#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/tensor/tensor.hpp"

// What convolutions and pools have in common: a window that walks over an image.
namespace flashcell::quant {

struct OnnxAttribute;

/// Rows and columns around an image.
struct Padding {
  int top = 0, left = 0, bottom = 0, right = 0;
  bool operator==(const Padding&) const = default;
};

/// Rows and columns from one window to the next.
struct Stride {
  int rows = 1, columns = 1;
  bool operator==(const Stride&) const = default;
};

/// Rows and columns from one tap of a window to the next.
struct Dilation {
  int rows = 1, columns = 1;
  bool operator==(const Dilation&) const = default;
};

/// Rows or columns that `taps` of them span. Throws ModelError.
int64_t span_of(int64_t taps, int dilation);

/// The shape of `channels` numbers for each place of a window of so many rows and columns. Throws ModelError.
Shape windowed_shape(const Shape& x, int64_t channels, int64_t rows, int64_t columns, const Stride& stride,
                     const Padding& padding);

/// How ONNX writes them: strides and pads.
std::vector<OnnxAttribute> window_attributes(const Stride& stride, const Padding& padding);

}  // namespace flashcell::quant
