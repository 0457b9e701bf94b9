#include <algorithm>
#include <memory>

#include "quant_models/layers/convolution.hpp"
#include "quant_models/layers/convolution_windows.hpp"
#include "quant_models/layers/matrix_product.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

// One channel with one kernel; out += .
void add_channel(const ConvolutionGeometry& g, const float* in, const float* kernel, float* out) {
  for (int ky = 0; ky < g.kernel_rows; ++ky) {
    for (int kx = 0; kx < g.kernel_columns; ++kx) {
      const float weight = kernel[ky * g.kernel_columns + kx];
      int first = 0, last = 0;
      g.inside(kx, first, last);
      for (int y = 0; y < g.out_rows; ++y) {
        const int in_y = y * g.stride.rows + g.top_of(ky);
        if (in_y < 0 || in_y >= g.in_rows) continue;
        const float* source = in + int64_t{in_y} * g.in_columns + g.left_of(kx);
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
  Depthwise(const Convolution& layer, Tensor weight, const ConvolutionGeometry& geometry)
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
  ConvolutionGeometry g_;
  Tensor weight_;
  std::vector<float> bias_;
};

// Windows as columns, kBlock at a time, times the matrix of weights.
class Dense {
 public:
  Dense(const Convolution& layer, const Tensor& weight, const ConvolutionGeometry& geometry) : g_(geometry) {
    const int rows = g_.out_channels / g_.groups;
    depth_ = g_.depth();
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
          gather_windows(g_, in, first, columns, block_.data());
          product.multiply(block_.data(), columns, out + first, g_.out_plane());
        }
        in += g_.in_channels / g_.groups * g_.in_plane();
        out += g_.out_channels / g_.groups * g_.out_plane();
      }
    }
  }

 private:
  ConvolutionGeometry g_;
  int depth_ = 0;
  std::vector<MatrixProduct> products_;
  std::vector<float> block_;
};

}  // namespace

Step Convolution::make_step(const Shape& out, std::span<const Shape> in) const {
  const ConvolutionGeometry geometry(*this, in[0], out);
  Tensor kernel = effective(weight, weight_quantization);
  if (groups > 1 && kernel.shape[1] == 1) {
    auto step = std::make_shared<Depthwise>(*this, std::move(kernel), geometry);
    return [step](StepInputs inputs, float* target) { step->run(inputs[0], target); };
  }
  auto step = std::make_shared<Dense>(*this, kernel, geometry);
  return [step](StepInputs inputs, float* target) { step->run(inputs[0], target); };
}

}  // namespace flashcell::quant
