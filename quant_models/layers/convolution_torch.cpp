#include "quant_models/layers/convolution.hpp"

#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/torch_weights.hpp"
#include "quant_models/layers/torch_window.hpp"

namespace flashcell::quant {
namespace {

at::Tensor convolved(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Convolution& layer) {
  const Padding& p = layer.padding;
  const bool even = is_even(p);
  const std::vector<int64_t> stride = {layer.stride.rows, layer.stride.columns},
                             dilation = {layer.dilation.rows, layer.dilation.columns};
  const std::vector<int64_t> padding = even ? std::vector<int64_t>{p.top, p.left} : std::vector<int64_t>{0, 0};
  return at::conv2d(even ? x : padded(x, p, 0), weight, bias, at::IntArrayRef(stride), at::IntArrayRef(padding),
                    at::IntArrayRef(dilation), layer.groups);
}

}  // namespace

TorchOperation Convolution::make_torch_operation(TorchParameters& parameters) const {
  Convolution shape = *this;
  shape.weight = shape.bias = {};
  return {[weights = add_weights(*this, parameters), shape](std::span<const at::Tensor> in, const TorchRun& run) {
    return convolved(in[0], weights.weight(run), weights.bias(run), shape);
  }};
}

void Convolution::take_trained(const TrainedValues& values) {
  take_trained_weights(*this, values);
}

}  // namespace flashcell::quant
