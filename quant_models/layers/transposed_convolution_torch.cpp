#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/torch_weights.hpp"
#include "quant_models/layers/transposed_convolution.hpp"

namespace flashcell::quant {
namespace {

at::Tensor spread(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  const TransposedConvolution& layer) {
  const std::vector<int64_t> stride = {layer.stride.rows, layer.stride.columns},
                             dilation = {layer.dilation.rows, layer.dilation.columns}, none = {0, 0};
  const at::Tensor whole =
      at::conv_transpose2d(x, weight.transpose(0, 1), {}, at::IntArrayRef(stride), at::IntArrayRef(none),
                           at::IntArrayRef(none), 1, at::IntArrayRef(dilation));
  const Padding& p = layer.padding;
  const at::Tensor cut =
      at::constant_pad_nd(whole, {-p.left, layer.more_columns - p.right, -p.top, layer.more_rows - p.bottom}, 0);
  return bias.defined() ? cut + bias.view({1, -1, 1, 1}) : cut;
}

}  // namespace

TorchOperation TransposedConvolution::make_torch_operation(TorchParameters& parameters) const {
  TransposedConvolution shape = *this;
  shape.weight = shape.bias = {};
  return {[weights = add_weights(*this, parameters), shape](std::span<const at::Tensor> in, const TorchRun& run) {
    return spread(in[0], weights.weight(run), weights.bias(run), shape);
  }};
}

void TransposedConvolution::take_trained(const TrainedValues& values) {
  take_trained_weights(*this, values);
}

}  // namespace flashcell::quant
