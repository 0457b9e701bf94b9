#include <algorithm>
#include <memory>

#include "quant_models/layers/matrix_product.hpp"
#include "quant_models/layers/transposed_convolution.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

// Input pixels, kBlock at a time, times the matrix of all taps; every product goes to its place.
class Spread {
 public:
  Spread(TransposedConvolution layer, const Tensor& weight, const Shape& in, const Shape& out)
      : layer_(std::move(layer)), in_(in), out_(out) {
    const Shape& w = weight.shape;
    const int64_t taps = w[2] * w[3], inputs = w[1];
    std::vector<float> matrix;  // row (output channel, tap), column input channel
    for (int64_t o = 0; o < w[0]; ++o)
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t i = 0; i < inputs; ++i)
          matrix.push_back(weight.values[static_cast<size_t>((o * inputs + i) * taps + tap)]);
    product_ = MatrixProduct(matrix, static_cast<int>(w[0] * taps), static_cast<int>(inputs), {});
    block_.assign(static_cast<size_t>(inputs) * MatrixProduct::kBlock, 0.0F);
    shares_.assign(static_cast<size_t>(w[0] * taps) * MatrixProduct::kBlock, 0.0F);
  }

  void run(const float* in, float* out) {
    const int64_t in_plane = in_[2] * in_[3], out_plane = out_[2] * out_[3];
    for (int64_t image = 0; image < in_[0]; ++image, in += in_[1] * in_plane, out += out_[1] * out_plane) {
      for (int64_t o = 0; o < out_[1]; ++o)
        std::fill_n(out + o * out_plane, out_plane,
                    layer_.bias.empty() ? 0.0F : layer_.bias.values[static_cast<size_t>(o)]);
      for (int64_t first = 0; first < in_plane; first += MatrixProduct::kBlock) {
        const int count = static_cast<int>(std::min<int64_t>(MatrixProduct::kBlock, in_plane - first));
        for (int64_t i = 0; i < in_[1]; ++i)
          std::copy_n(in + i * in_plane + first, count, block_.data() + i * MatrixProduct::kBlock);
        product_.multiply(block_.data(), count, shares_.data(), MatrixProduct::kBlock);
        add_shares(first, count, out);
      }
    }
  }

 private:
  void add_shares(int64_t first, int count, float* out) const {
    const float* shares = shares_.data();
    for (int64_t o = 0; o < out_[1]; ++o, out += out_[2] * out_[3])
      for (int64_t i = 0; i < layer_.weight.shape[2]; ++i)
        for (int64_t j = 0; j < layer_.weight.shape[3]; ++j, shares += MatrixProduct::kBlock)
          for (int k = 0; k < count; ++k) {
            const int64_t pixel = first + k;
            const int64_t row = pixel / in_[3] * layer_.stride.rows + i * layer_.dilation.rows - layer_.padding.top;
            const int64_t column =
                pixel % in_[3] * layer_.stride.columns + j * layer_.dilation.columns - layer_.padding.left;
            if (row >= 0 && row < out_[2] && column >= 0 && column < out_[3]) out[row * out_[3] + column] += shares[k];
          }
  }

  TransposedConvolution layer_;
  Shape in_, out_;
  MatrixProduct product_;
  std::vector<float> block_, shares_;
};

}  // namespace

Step TransposedConvolution::make_step(const Shape& out, std::span<const Shape> in) const {
  auto step = std::make_shared<Spread>(*this, effective(weight, weight_quantization), in[0], out);
  return [step](StepInputs inputs, float* target) { step->run(inputs[0], target); };
}

}  // namespace flashcell::quant
