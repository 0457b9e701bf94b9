#include "quant_models/train/torch_layers.hpp"

#include <limits>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

using Inputs = std::span<const at::Tensor>;
using Function = std::function<at::Tensor(Inputs)>;

// Fixed like every value of the graph but the batch size.
at::Tensor padded(const at::Tensor& x, const Padding& p, double value) {
  if (p.left == 0 && p.right == 0 && p.top == 0 && p.bottom == 0) return x;
  return at::constant_pad_nd(x, {p.left, p.right, p.top, p.bottom}, value);
}

bool is_even(const Padding& p) {
  return p.left == p.right && p.top == p.bottom;
}

// Chosen when the network is made, so that a kind that training lacks is an error then.
Function activation(const Activation& a) {
  switch (a.kind) {
    case ActivationKind::relu:
      return [](Inputs in) { return at::relu(in[0]); };
    case ActivationKind::clip:
      return [a](Inputs in) { return at::clamp(in[0], a.low, a.high); };
    case ActivationKind::leaky_relu:
      return [a](Inputs in) { return at::leaky_relu(in[0], a.slope); };
    case ActivationKind::sigmoid:
      return [](Inputs in) { return at::sigmoid(in[0]); };
    case ActivationKind::swish:
      return [](Inputs in) { return at::silu(in[0]); };
    case ActivationKind::tanh:
      return [](Inputs in) { return at::tanh(in[0]); };
    case ActivationKind::hard_sigmoid:
      return [a](Inputs in) { return at::clamp(in[0] * a.slope + a.offset, 0, 1); };
    case ActivationKind::hard_swish:
      return [](Inputs in) { return at::hardswish(in[0]); };
  }
  throw ModelError("training has no activation of kind " + std::to_string(static_cast<int>(a.kind)));
}

at::Tensor pool(const at::Tensor& x, const Pool& p) {
  const std::vector<int64_t> kernel = {p.kernel[0], p.kernel[1]}, stride = {p.stride.rows, p.stride.columns};
  if (p.kind == PoolKind::max)
    return at::max_pool2d(padded(x, p.padding, -std::numeric_limits<float>::infinity()), kernel, stride);
  if (p.count_padding || !is_even(p.padding)) {
    const at::Tensor sums = at::avg_pool2d(padded(x, p.padding, 0), kernel, stride);
    if (p.count_padding) return sums;
    const at::Tensor ones = at::ones({1, 1, x.size(2), x.size(3)}, x.options());
    return sums / at::avg_pool2d(padded(ones, p.padding, 0), kernel, stride);
  }
  return at::avg_pool2d(x, kernel, stride, {p.padding.top, p.padding.left}, false, false);
}

at::Tensor reshape(const at::Tensor& x, const Reshape& r) {
  std::vector<int64_t> shape = r.target;
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 0) shape[i] = x.size(static_cast<int64_t>(i));
  return x.reshape(shape);
}

at::Tensor pad(const at::Tensor& x, const Pad& p) {
  std::vector<int64_t> amounts;  // from the last dimension to the first
  for (size_t i = p.before.size(); i-- > 0;) {
    amounts.push_back(p.before[i]);
    amounts.push_back(p.after[i]);
  }
  return at::constant_pad_nd(x, amounts, p.value);
}

struct Overload {
  Function operator()(const Activation& a) const { return activation(a); }
  Function operator()(const Softmax& s) const {
    return [s](Inputs in) { return at::softmax(in[0], s.axis); };
  }
  Function operator()(const Pool& p) const {
    return [p](Inputs in) { return pool(in[0], p); };
  }
  Function operator()(const GlobalPool& p) const {
    return [p](Inputs in) {
      return p.kind == PoolKind::max ? at::amax(in[0], {2, 3}, true) : at::mean(in[0], {2, 3}, true);
    };
  }
  Function operator()(const Add&) const {
    return [](Inputs in) { return in[0] + in[1]; };
  }
  Function operator()(const Multiply&) const {
    return [](Inputs in) { return in[0] * in[1]; };
  }
  Function operator()(const Concat& c) const {
    return [c](Inputs in) { return at::cat(at::TensorList(in.data(), in.size()), c.axis); };
  }
  Function operator()(const Slice& s) const {
    return [s](Inputs in) { return at::slice(in[0], s.axis, s.begin, s.end, s.step); };
  }
  Function operator()(const Pad& p) const {
    return [p](Inputs in) { return pad(in[0], p); };
  }
  Function operator()(const ResizeNearest& r) const {
    return [r](Inputs in) {
      return at::upsample_nearest2d(in[0], {in[0].size(2) * r.rows, in[0].size(3) * r.columns});
    };
  }
  Function operator()(const Reshape& r) const {
    return [r](Inputs in) { return reshape(in[0], r); };
  }
  Function operator()(const Transpose& t) const {
    return [order = std::vector<int64_t>(t.order.begin(), t.order.end())](Inputs in) { return in[0].permute(order); };
  }
  // Every kind of layer is written out here, so that a new one does not compile until training has it.
  Function operator()(const Input& layer) const { return refuse(layer); }
  Function operator()(const Constant& layer) const { return refuse(layer); }
  Function operator()(const Convolution& layer) const { return refuse(layer); }
  Function operator()(const FullyConnected& layer) const { return refuse(layer); }
  Function operator()(const BatchNormalization& layer) const { return refuse(layer); }

 private:
  [[noreturn]] static Function refuse(const Layer& layer) {
    throw ModelError("training has no function without parameters for a layer '" + describe(layer) + "'");
  }
};

}  // namespace

Function torch_layer(const Layer& layer) {
  return std::visit(Overload{}, layer);
}

at::Tensor torch_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             const Convolution& layer) {
  const Padding& p = layer.padding;
  const bool even = is_even(p);
  const std::vector<int64_t> stride = {layer.stride.rows, layer.stride.columns}, dilation = {1, 1};
  const std::vector<int64_t> padding = even ? std::vector<int64_t>{p.top, p.left} : std::vector<int64_t>{0, 0};
  return at::conv2d(even ? x : padded(x, p, 0), weight, bias, at::IntArrayRef(stride), at::IntArrayRef(padding),
                    at::IntArrayRef(dilation), layer.groups);
}

}  // namespace flashcell::quant
