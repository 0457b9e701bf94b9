#include <algorithm>
#include <memory>

#include "quant_models/layers/convolution.hpp"
#include "quant_models/layers/matrix_product.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

// Sizes of one convolution as plain integers.
struct Geometry {
  int images, in_channels, in_rows, in_columns, out_channels, out_rows, out_columns, kernel_rows, kernel_columns,
      groups;
  Stride stride;
  Padding padding;

  Geometry(const Convolution& layer, const Shape& in, const Shape& out)
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
        padding(layer.padding) {}

  int64_t in_plane() const { return int64_t{in_rows} * in_columns; }
  int64_t out_plane() const { return int64_t{out_rows} * out_columns; }

  // Output columns first..last-1 whose input column, for this column of the kernel, lies inside the image.
  void inside(int kernel_column, int& first, int& last) const {
    const int shift = kernel_column - padding.left;
    first = shift >= 0 ? 0 : (-shift + stride.columns - 1) / stride.columns;
    last = in_columns - shift <= 0 ? 0 : std::min(out_columns, (in_columns - shift - 1) / stride.columns + 1);
    first = std::min(first, last);
  }
};

// One channel with one kernel; out += .
void add_channel(const Geometry& g, const float* in, const float* kernel, float* out) {
  for (int ky = 0; ky < g.kernel_rows; ++ky) {
    for (int kx = 0; kx < g.kernel_columns; ++kx) {
      const float weight = kernel[ky * g.kernel_columns + kx];
      int first = 0, last = 0;
      g.inside(kx, first, last);
      for (int y = 0; y < g.out_rows; ++y) {
        const int in_y = y * g.stride.rows + ky - g.padding.top;
        if (in_y < 0 || in_y >= g.in_rows) continue;
        const float* source = in + int64_t{in_y} * g.in_columns + kx - g.padding.left;
        float* target = out + int64_t{y} * g.out_columns;
        if (g.stride.columns == 1) {
          for (int x = first; x < last; ++x) target[x] += weight * source[x];
        } else {
          for (int x = first; x < last; ++x) target[x] += weight * source[int64_t{x} * g.stride.columns];
        }
      }
    }
  }
}

class Depthwise {
 public:
  Depthwise(const Convolution& layer, Tensor weight, const Geometry& geometry)
      : g_(geometry), weight_(std::move(weight)), bias_(layer.bias.values) {
    bias_.resize(static_cast<size_t>(g_.out_channels), 0.0F);
  }

  void run(const float* in, float* out) const {
    const int each = g_.out_channels / g_.groups, kernel = g_.kernel_rows * g_.kernel_columns;
    for (int image = 0; image < g_.images; ++image) {
      for (int channel = 0; channel < g_.out_channels; ++channel, out += g_.out_plane()) {
        std::fill(out, out + g_.out_plane(), 0.0F);
        add_channel(g_, in + (int64_t{image} * g_.in_channels + channel / each) * g_.in_plane(),
                    weight_.values.data() + int64_t{channel} * kernel, out);
        const float bias = bias_[static_cast<size_t>(channel)];
        for (int64_t i = 0; i < g_.out_plane(); ++i) out[i] += bias;
      }
    }
  }

 private:
  Geometry g_;
  Tensor weight_;
  std::vector<float> bias_;
};

// Windows as columns, kBlock at a time, times the matrix of weights.
class Dense {
 public:
  Dense(const Convolution& layer, const Tensor& weight, const Geometry& geometry) : g_(geometry) {
    const int rows = g_.out_channels / g_.groups;
    depth_ = g_.in_channels / g_.groups * g_.kernel_rows * g_.kernel_columns;
    for (int group = 0; group < g_.groups; ++group) {
      const std::span<const float> all(weight.values), bias(layer.bias.values);
      const auto first = static_cast<size_t>(group * rows), count = static_cast<size_t>(rows);
      products_.emplace_back(all.subspan(first * static_cast<size_t>(depth_), count * static_cast<size_t>(depth_)),
                             rows, depth_, bias.empty() ? bias : bias.subspan(first, count));
    }
    block_.assign(static_cast<size_t>(depth_) * MatrixProduct::kBlock, 0.0F);
  }

  void run(const float* in, float* out) {
    for (int image = 0; image < g_.images; ++image) {
      for (const MatrixProduct& product : products_) {
        for (int64_t first = 0; first < g_.out_plane(); first += MatrixProduct::kBlock) {
          const int columns = static_cast<int>(std::min<int64_t>(MatrixProduct::kBlock, g_.out_plane() - first));
          gather(in, first, columns);
          product.multiply(block_.data(), columns, out + first, g_.out_plane());
        }
        in += g_.in_channels / g_.groups * g_.in_plane();
        out += g_.out_channels / g_.groups * g_.out_plane();
      }
    }
  }

 private:
  // Row k of the block: the number that weight k meets in each of the windows first .. first+columns-1.
  void gather(const float* in, int64_t first, int columns) {
    float* row = block_.data();
    for (int channel = 0; channel < g_.in_channels / g_.groups; ++channel, in += g_.in_plane())
      for (int ky = 0; ky < g_.kernel_rows; ++ky)
        for (int kx = 0; kx < g_.kernel_columns; ++kx, row += MatrixProduct::kBlock)
          gather_row(in, ky, kx, first, columns, row);
  }

  void gather_row(const float* in, int ky, int kx, int64_t first, int columns, float* row) const {
    int inside_first = 0, inside_last = 0;
    g_.inside(kx, inside_first, inside_last);
    int y = static_cast<int>(first / g_.out_columns), x = static_cast<int>(first % g_.out_columns);
    for (int done = 0; done < columns; ++y, x = 0) {
      const int end = std::min(g_.out_columns, x + columns - done);
      const int in_y = y * g_.stride.rows + ky - g_.padding.top;
      float* target = row + done - x;
      const bool outside = in_y < 0 || in_y >= g_.in_rows;
      const int from = outside ? end : std::clamp(inside_first, x, end);
      const int to = outside ? end : std::clamp(inside_last, from, end);
      std::fill(target + x, target + from, 0.0F);
      copy(in + int64_t{in_y} * g_.in_columns + kx - g_.padding.left, from, to, target);
      std::fill(target + to, target + end, 0.0F);
      done += end - x;
    }
  }

  void copy(const float* source, int from, int to, float* target) const {
    if (from == to) return;
    if (g_.stride.columns == 1) {
      std::copy(source + from, source + to, target + from);
    } else {
      for (int x = from; x < to; ++x) target[x] = source[int64_t{x} * g_.stride.columns];
    }
  }

  Geometry g_;
  int depth_ = 0;
  std::vector<MatrixProduct> products_;
  std::vector<float> block_;
};

}  // namespace

Step Convolution::make_step(const Shape& out, std::span<const Shape> in) const {
  const Geometry geometry(*this, in[0], out);
  Tensor kernel = effective(weight, weight_quantization);
  if (groups > 1 && kernel.shape[1] == 1) {
    auto step = std::make_shared<Depthwise>(*this, std::move(kernel), geometry);
    return [step](StepInputs inputs, float* target) { step->run(inputs[0], target); };
  }
  auto step = std::make_shared<Dense>(*this, kernel, geometry);
  return [step](StepInputs inputs, float* target) { step->run(inputs[0], target); };
}

}  // namespace flashcell::quant
