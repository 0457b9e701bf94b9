#include <algorithm>
#include <limits>

#include "quant_models/graph/shapes.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/operator_tables.hpp"

namespace flashcell::quant::onnx {
namespace {

constexpr int64_t kMostPixels = 1 << 20;  // of a kernel, stride or padding

int checked_int(int64_t value, const char* what) {
  if (value < 0 || value > kMostPixels)
    throw ModelError(std::string("its ") + what + " " + std::to_string(value) + " is out of range");
  return static_cast<int>(value);
}

// rows, columns of an attribute of two integers.
std::array<int, 2> pair_of(const OperatorContext& c, const char* name, int otherwise) {
  const std::vector<int64_t> given = c.integers(name);
  if (given.empty()) return {otherwise, otherwise};
  if (given.size() != 2) throw ModelError(std::string("its attribute ") + name + " needs two integers: images only");
  return {checked_int(given[0], name), checked_int(given[1], name)};
}

// Border for one dimension under auto_pad SAME: the output has ceil(extent / stride) windows.
std::array<int, 2> same_border(int64_t extent, int kernel, int stride, bool upper) {
  if (stride < 1) throw ModelError("its stride is below 1");
  const int64_t windows = (extent + stride - 1) / stride;
  const int all = checked_int(std::max<int64_t>(0, (windows - 1) * stride + kernel - extent), "padding");
  return upper ? std::array{all / 2, all - all / 2} : std::array{all - all / 2, all / 2};
}

Padding padding_of(OperatorContext& c, const std::array<int, 2>& kernel, const Stride& stride) {
  const std::string automatic = c.text("auto_pad", "NOTSET");
  const Shape& in = c.shape(0);
  if (in.size() != 4)
    throw ModelError("its input has shape " + to_string(in) + "; only images N x C x H x W are supported");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const bool upper = automatic == "SAME_UPPER";
    const std::array<int, 2> rows = same_border(in[2], kernel[0], stride.rows, upper),
                             columns = same_border(in[3], kernel[1], stride.columns, upper);
    return {rows[0], columns[0], rows[1], columns[1]};
  }
  const std::vector<int64_t> pads = c.integers("pads");
  if (pads.empty() || automatic == "VALID") return {};
  if (pads.size() != 4) throw ModelError("its attribute pads needs four integers: images only");
  return {checked_int(pads[0], "padding"), checked_int(pads[1], "padding"), checked_int(pads[2], "padding"),
          checked_int(pads[3], "padding")};
}

Stride stride_of(const OperatorContext& c) {
  const std::array<int, 2> strides = pair_of(c, "strides", 1);
  return {strides[0], strides[1]};
}

void require_undilated(const OperatorContext& c) {
  for (const int64_t d : c.integers("dilations"))
    if (d != 1) throw ModelError("its dilation is " + std::to_string(d) + "; only 1 is supported");
}

// A known real tensor of so many numbers, in one dimension.
Tensor vector_of(const Known& known, int64_t length, const char* what) {
  if (static_cast<int64_t>(known.reals.size()) != length)
    throw ModelError(std::string("its ") + what + " has " + std::to_string(known.reals.size()) + " numbers, expected " +
                     std::to_string(length));
  return {{length}, known.reals};
}

// A Gemm's bias may be one number for all.
Tensor spread_bias(const Known& known, int64_t length) {
  if (known.reals.size() != 1) return vector_of(known, length, "bias");
  return {{length}, std::vector<float>(static_cast<size_t>(length), known.reals[0])};
}

void import_convolution(OperatorContext& c) {
  require_undilated(c);
  const Known& weight = c.require_known(1, "weight");
  if (weight.dims.size() != 4 || weight.integer())
    throw ModelError("its weight has shape " + to_string(weight.dims) + "; only images N x C x H x W are supported");
  Convolution layer;
  layer.weight = weight.tensor();
  layer.weight_quantization = weight.quantization;
  if (c.has(2)) layer.bias = vector_of(c.require_known(2, "bias"), weight.dims[0], "bias");
  layer.stride = stride_of(c);
  layer.padding =
      padding_of(c, {checked_int(weight.dims[2], "kernel"), checked_int(weight.dims[3], "kernel")}, layer.stride);
  layer.groups = std::max(1, checked_int(c.integer("group", 1), "group"));
  c.emit(std::move(layer), {c.value(0)});
}

// A matrix I x O as O x I, with its quantization.
Known transposed(const Known& matrix) {
  Known result = matrix;
  result.dims = {matrix.dims[1], matrix.dims[0]};
  const auto rows = static_cast<size_t>(matrix.dims[0]), columns = static_cast<size_t>(matrix.dims[1]);
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < columns; ++k) result.reals[k * rows + r] = matrix.reals[r * columns + k];
  if (result.quantization && result.quantization->per_channel())
    result.quantization->axis = 1 - result.quantization->axis;
  return result;
}

void emit_fully_connected(OperatorContext& c, bool weight_is_transposed, float alpha, float beta) {
  const Known& given = c.require_known(1, "weight");
  if (given.dims.size() != 2 || given.integer()) throw ModelError("its weight is not a matrix of real numbers");
  if (given.dims[0] < 1 || given.dims[1] < 1) throw ModelError("its weight is empty");
  const Known weight = weight_is_transposed ? given : transposed(given);
  FullyConnected layer{weight.tensor(), {}, weight.quantization};
  if (alpha != 1) {
    for (float& w : layer.weight.values) w *= alpha;
    layer.weight_quantization.reset();
  }
  if (c.has(2)) {
    layer.bias = spread_bias(c.require_known(2, "bias"), layer.weight.shape[0]);
    for (float& b : layer.bias.values) b *= beta;
  }
  c.emit(std::move(layer), {c.value(0)});
}

void import_gemm(OperatorContext& c) {
  c.require_attribute("transA", 0, 0);
  emit_fully_connected(c, c.integer("transB", 0) != 0, c.real("alpha", 1), c.real("beta", 1));
}

void import_matmul(OperatorContext& c) {
  emit_fully_connected(c, false, 1, 1);
}

void import_batch_normalization(OperatorContext& c) {
  c.require_attribute("training_mode", 0, 0);
  const Shape& in = c.shape(0);
  if (in.size() < 2) throw ModelError("its input has no channels");
  BatchNormalization layer;
  Tensor* const parts[] = {&layer.scale, &layer.bias, &layer.mean, &layer.variance};
  const char* const names[] = {"scale", "bias", "mean", "variance"};
  for (int i = 0; i < 4; ++i) *parts[i] = vector_of(c.require_known(i + 1, names[i]), in[1], names[i]);
  layer.epsilon = c.real("epsilon", 1e-5F);
  c.emit(std::move(layer), {c.value(0)});
}

void import_activation(OperatorContext& c) {
  const std::string& type = c.type();
  Activation layer;
  if (type == "LeakyRelu") layer = {.kind = ActivationKind::leaky_relu, .slope = c.real("alpha", 0.01F)};
  if (type == "Sigmoid") layer.kind = ActivationKind::sigmoid;
  if (type == "Tanh") layer.kind = ActivationKind::tanh;
  if (type == "HardSwish") layer.kind = ActivationKind::hard_swish;
  if (type == "HardSigmoid")
    layer = {.kind = ActivationKind::hard_sigmoid, .slope = c.real("alpha", 0.2F), .offset = c.real("beta", 0.5F)};
  c.emit(layer, {c.value(0)});
}

void import_clip(OperatorContext& c) {
  constexpr float kMost = std::numeric_limits<float>::max();
  Activation layer{.kind = ActivationKind::clip};
  layer.low = c.opset() < 11 ? c.real("min", -kMost) : c.number(1, -kMost);
  layer.high = c.opset() < 11 ? c.real("max", kMost) : c.number(2, kMost);
  c.emit(layer, {c.value(0)});
}

void import_softmax(OperatorContext& c) {
  const Shape in = c.shape(0);
  const int axis = checked_axis(c.integer("axis", c.opset() < 13 ? 1 : -1), in.size());
  int64_t behind = 1;
  for (size_t i = static_cast<size_t>(axis) + 1; i < in.size(); ++i) behind *= in[i];
  if (c.opset() < 13 && behind != 1)
    throw ModelError("it runs over several dimensions at once (operator set below 13); export with a newer one");
  c.emit(Softmax{axis}, {c.value(0)});
}

// Rounding the number of windows up changes something only where a window is cut off.
void require_whole_windows(OperatorContext& c, const Pool& pool) {
  if (c.integer("ceil_mode", 0) == 0) return;
  const Shape& in = c.shape(0);
  const int64_t rows = in[2] + pool.padding.top + pool.padding.bottom - pool.kernel[0];
  const int64_t columns = in[3] + pool.padding.left + pool.padding.right - pool.kernel[1];
  if (pool.stride.rows < 1 || pool.stride.columns < 1 || rows % pool.stride.rows != 0 ||
      columns % pool.stride.columns != 0)
    throw ModelError("ceil_mode with windows that reach over the edge is not supported");
}

void import_pool(OperatorContext& c) {
  require_undilated(c);
  if (c.node().output_size() > 1) throw ModelError("its second output (indices) is not supported");
  Pool layer;
  layer.kind = c.type() == "MaxPool" ? PoolKind::max : PoolKind::average;
  layer.kernel = pair_of(c, "kernel_shape", 0);
  layer.stride = stride_of(c);
  layer.padding = padding_of(c, layer.kernel, layer.stride);
  layer.count_padding = layer.kind == PoolKind::average && c.integer("count_include_pad", 0) != 0;
  require_whole_windows(c, layer);
  c.emit(layer, {c.value(0)});
}

void import_global_pool(OperatorContext& c) {
  c.emit(GlobalPool{c.type() == "GlobalMaxPool" ? PoolKind::max : PoolKind::average}, {c.value(0)});
}

void import_reduce_mean(OperatorContext& c) {
  std::vector<int64_t> axes = c.attribute_or_input("axes", 1, 18);
  const Shape in = c.shape(0);
  for (int64_t& axis : axes) axis = checked_axis(axis, in.size());
  std::sort(axes.begin(), axes.end());
  if (in.size() != 4 || axes != std::vector<int64_t>{2, 3})
    throw ModelError("only the mean over the rows and columns of N x C x H x W is supported");
  if (c.integer("keepdims", 1) != 0) {
    c.emit(GlobalPool{}, {c.value(0)});
  } else {
    c.emit_reshape(c.helper("mean", GlobalPool{}, {c.value(0)}), {in[0], in[1]});
  }
}

template <class Pairwise>
void import_pairwise(OperatorContext& c) {
  c.emit(Pairwise{}, {c.value(0), c.value(1)});
}

}  // namespace

OperatorTable computing_operators() {
  return {
      {"Add", import_pairwise<Add>},
      {"AveragePool", import_pool},
      {"BatchNormalization", import_batch_normalization},
      {"Clip", import_clip},
      {"Conv", import_convolution},
      {"Gemm", import_gemm},
      {"GlobalAveragePool", import_global_pool},
      {"GlobalMaxPool", import_global_pool},
      {"HardSigmoid", import_activation},
      {"HardSwish", import_activation},
      {"LeakyRelu", import_activation},
      {"MatMul", import_matmul},
      {"MaxPool", import_pool},
      {"Mul", import_pairwise<Multiply>},
      {"ReduceMean", import_reduce_mean},
      {"Relu", import_activation},
      {"Sigmoid", import_activation},
      {"Softmax", import_softmax},
      {"Tanh", import_activation},
  };
}

}  // namespace flashcell::quant::onnx
