#pragma once
#include "quant_models/layers/convolution.hpp"

namespace flashcell::quant {

/// Sizes of one convolution as plain integers.
struct ConvolutionGeometry {
  int images, in_channels, in_rows, in_columns, out_channels, out_rows, out_columns, kernel_rows, kernel_columns,
      groups;
  Stride stride;
  Padding padding;
  Dilation dilation;

  ConvolutionGeometry(const Convolution& layer, const Shape& in, const Shape& out);

  int64_t in_plane() const { return int64_t{in_rows} * in_columns; }
  int64_t out_plane() const { return int64_t{out_rows} * out_columns; }
  /// Weights of an output channel.
  int depth() const { return in_channels / groups * kernel_rows * kernel_columns; }

  /// The input row (column) that a row (column) of the kernel meets in the first window.
  int top_of(int kernel_row) const { return kernel_row * dilation.rows - padding.top; }
  int left_of(int kernel_column) const { return kernel_column * dilation.columns - padding.left; }

  /// Output columns first..last-1 whose input column, for this column of the kernel, lies inside the image.
  void inside(int kernel_column, int& first, int& last) const;
};

/// The channels of one group of an image, `in`, as columns for MatrixProduct: row k of `block` (rows of
/// MatrixProduct::kBlock numbers, depth() of them) is what weight k meets in each of the windows first ..
/// first + columns - 1, zeros outside of the image. `columns` up to kBlock.
void gather_windows(const ConvolutionGeometry& geometry, const float* in, int64_t first, int columns, float* block);

}  // namespace flashcell::quant
