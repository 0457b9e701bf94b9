#include "quant_models/layers/convolution_windows.hpp"

#include <algorithm>

#include "quant_models/layers/matrix_product.hpp"

namespace flashcell::quant {
namespace {

void copy(const ConvolutionGeometry& g, const float* source, int from, int to, float* target) {
  if (from == to) return;
  if (g.stride.columns == 1) {
    std::copy(source + from, source + to, target + from);
  } else {
    for (int x = from; x < to; ++x) target[x] = source[int64_t{x} * g.stride.columns];
  }
}

void gather_row(const ConvolutionGeometry& g, const float* in, int ky, int kx, int64_t first, int columns, float* row) {
  int inside_first = 0, inside_last = 0;
  g.inside(kx, inside_first, inside_last);
  int y = static_cast<int>(first / g.out_columns), x = static_cast<int>(first % g.out_columns);
  for (int done = 0; done < columns; ++y, x = 0) {
    const int end = std::min(g.out_columns, x + columns - done);
    const int in_y = y * g.stride.rows + g.top_of(ky);
    float* target = row + done - x;
    const bool outside = in_y < 0 || in_y >= g.in_rows;
    const int from = outside ? end : std::clamp(inside_first, x, end);
    const int to = outside ? end : std::clamp(inside_last, from, end);
    std::fill(target + x, target + from, 0.0F);
    copy(g, in + int64_t{in_y} * g.in_columns + g.left_of(kx), from, to, target);
    std::fill(target + to, target + end, 0.0F);
    done += end - x;
  }
}

}  // namespace

ConvolutionGeometry::ConvolutionGeometry(const Convolution& layer, const Shape& in, const Shape& out)
    : images(static_cast<int>(in[0])),
      in_channels(static_cast<int>(in[1])),
      in_rows(static_cast<int>(in[2])),
      in_columns(static_cast<int>(in[3])),
      out_channels(static_cast<int>(out[1])),
      out_rows(static_cast<int>(out[2])),
      out_columns(static_cast<int>(out[3])),
      kernel_rows(static_cast<int>(layer.weight.shape[2])),
      kernel_columns(static_cast<int>(layer.weight.shape[3])),
      groups(layer.groups),
      stride(layer.stride),
      padding(layer.padding),
      dilation(layer.dilation) {}

void ConvolutionGeometry::inside(int kernel_column, int& first, int& last) const {
  const int shift = left_of(kernel_column);
  first = shift >= 0 ? 0 : (-shift + stride.columns - 1) / stride.columns;
  last = in_columns - shift <= 0 ? 0 : std::min(out_columns, (in_columns - shift - 1) / stride.columns + 1);
  first = std::min(first, last);
}

void gather_windows(const ConvolutionGeometry& geometry, const float* in, int64_t first, int columns, float* block) {
  for (int channel = 0; channel < geometry.in_channels / geometry.groups; ++channel, in += geometry.in_plane())
    for (int ky = 0; ky < geometry.kernel_rows; ++ky)
      for (int kx = 0; kx < geometry.kernel_columns; ++kx, block += MatrixProduct::kBlock)
        gather_row(geometry, in, ky, kx, first, columns, block);
}

}  // namespace flashcell::quant
