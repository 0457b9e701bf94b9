#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "quant_models/graph/shapes.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/operator_context.hpp"

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

void import_concat(OperatorContext& c) {
  std::vector<NodeId> inputs;
  for (int i = 0; i < c.node().input_size(); ++i) inputs.push_back(c.value(i));
  if (inputs.empty()) throw ModelError("it has no inputs");
  c.emit(Concat{checked_axis(c.integer("axis", 1), c.shape(0).size())}, std::move(inputs));
}

void import_slice(OperatorContext& c) {
  const std::vector<int64_t> begins = c.attribute_or_input("starts", 1, 10), ends = c.attribute_or_input("ends", 2, 10);
  std::vector<int64_t> axes = c.attribute_or_input("axes", 3, 10);
  std::vector<int64_t> steps = c.opset() >= 10 && c.has(4) ? c.integers(4, "steps") : std::vector<int64_t>{};
  if (axes.empty())
    for (size_t i = 0; i < begins.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (steps.empty()) steps.assign(begins.size(), 1);
  if (begins.empty() || begins.size() > kMaxRank || ends.size() != begins.size() || axes.size() != begins.size() ||
      steps.size() != begins.size())
    throw ModelError("its starts, ends, axes and steps do not fit together");
  NodeId x = c.value(0);
  for (size_t i = 0; i < begins.size(); ++i) {
    const Shape shape = c.graph().node(x).shape;
    const int axis = checked_axis(axes[i], shape.size());
    const int64_t extent = shape[static_cast<size_t>(axis)];
    const auto place = [extent](int64_t p) {
      return std::clamp<int64_t>(p < 0 ? std::max(p, -extent) + extent : p, 0, extent);
    };
    const Slice layer{axis, place(begins[i]), place(ends[i]), std::clamp<int64_t>(steps[i], 0, extent)};
    x = i + 1 < begins.size() ? c.helper("part", layer, {x}) : c.emit(layer, {x});
  }
}

void import_split(OperatorContext& c) {
  const Shape in = c.shape(0);
  const int axis = checked_axis(c.integer("axis", 0), in.size());
  const int64_t extent = in[static_cast<size_t>(axis)];
  std::vector<int64_t> sizes = c.attribute_or_input("split", 1, 13);
  const int parts = c.node().output_size();
  if (sizes.empty() && parts > 0)
    for (int i = 0; i < parts; ++i)
      sizes.push_back(std::min((extent + parts - 1) / parts, extent - (extent + parts - 1) / parts * i));
  if (static_cast<int>(sizes.size()) != parts) throw ModelError("it has not one output for each part");
  int64_t begin = 0;
  for (int i = 0; i < parts; ++i) {
    if (sizes[static_cast<size_t>(i)] < 1 || sizes[static_cast<size_t>(i)] > extent - begin)
      throw ModelError("its parts do not fit the dimension");
    c.emit(Slice{axis, begin, begin + sizes[static_cast<size_t>(i)], 1}, {c.value(0)}, i);
    begin += sizes[static_cast<size_t>(i)];
  }
}

// Gathering at even distances is a slice; a single index also removes the dimension.
void import_gather(OperatorContext& c) {
  const Known& index = c.require_known(1, "indices");
  const Shape in = c.shape(0);
  const int axis = checked_axis(c.integer("axis", 0), in.size());
  const int64_t extent = in[static_cast<size_t>(axis)];
  std::vector<int64_t> at = index.integers;
  if (at.empty() || index.dims.size() > 1) throw ModelError("only a list of indices, or one, is supported");
  for (int64_t& i : at) {
    if (i < -extent || i >= extent) throw ModelError("its index " + std::to_string(i) + " is out of range");
    if (i < 0) i += extent;
  }
  const int64_t step = at.size() > 1 ? at[1] - at[0] : 1;
  for (size_t i = 1; i < at.size(); ++i)
    if (at[i] - at[i - 1] != step || step < 1) throw ModelError("its indices are not evenly spaced and rising");
  const Slice layer{axis, at.front(), at.back() + 1, step};
  if (!index.dims.empty()) {
    c.emit(layer, {c.value(0)});
    return;
  }
  Shape shape = in;
  shape.erase(shape.begin() + axis);
  c.emit_reshape(c.helper("index", layer, {c.value(0)}), std::move(shape));
}

void import_pad(OperatorContext& c) {
  if (c.text("mode", "constant") != "constant") throw ModelError("only padding by a constant is supported");
  if (c.opset() >= 18 && c.has(3)) throw ModelError("padding with axes is not supported");
  const std::vector<int64_t> pads = c.attribute_or_input("pads", 1, 11);
  const size_t rank = c.shape(0).size();
  if (pads.size() != 2 * rank)
    throw ModelError("its pads do not fit an input of " + std::to_string(rank) + " dimensions");
  Pad layer;
  layer.before.assign(pads.begin(), pads.begin() + static_cast<ptrdiff_t>(rank));
  layer.after.assign(pads.begin() + static_cast<ptrdiff_t>(rank), pads.end());
  layer.value = c.opset() < 11 ? c.real("value", 0) : c.number(2, 0);
  c.emit(std::move(layer), {c.value(0)});
}

// The factors, from scales or from sizes, in the operator's many forms.
std::array<double, 2> resize_factors(OperatorContext& c) {
  const Shape in = c.shape(0);
  if (in.size() != 4) throw ModelError("only images N x C x H x W are supported");
  const bool upsample = c.type() == "Upsample";
  std::vector<double> factors;
  const int scales = upsample || c.opset() < 11 ? 1 : 2;
  if (upsample && c.opset() < 9) {
    const auto* attribute = c.find("scales");
    if (attribute != nullptr) factors.assign(attribute->floats().begin(), attribute->floats().end());
  } else if (c.has(3)) {
    for (const int64_t size : c.integers(3, "sizes")) factors.push_back(static_cast<double>(size));
    for (size_t i = 0; i < std::min(factors.size(), in.size()); ++i) factors[i] /= static_cast<double>(in[i]);
  } else {
    const Known& known = c.require_known(scales, "scales");
    factors.assign(known.reals.begin(), known.reals.end());
  }
  if (factors.size() != 4 || factors[0] != 1 || factors[1] != 1)
    throw ModelError("only rows and columns may be resized");
  return {factors[2], factors[3]};
}

void import_resize(OperatorContext& c) {
  if (c.text("mode", "nearest") != "nearest")
    throw ModelError("only the nearest pixel is supported, not " + c.text("mode", ""));
  const std::array<double, 2> factors = resize_factors(c);
  for (const double f : factors)
    if (!(f >= 1 && f <= 1024) || f != std::floor(f)) throw ModelError("only whole factors of 1 to 1024 are supported");
  // With whole factors, these give every pixel its block; others shift by half a block.
  const std::string mode =
      c.text("coordinate_transformation_mode", c.type() == "Upsample" || c.opset() < 11 ? "asymmetric" : "half_pixel");
  const std::string nearest =
      c.text("nearest_mode", mode == "asymmetric" && c.opset() < 11 ? "floor" : "round_prefer_floor");
  const bool blocks = (mode == "asymmetric" && nearest == "floor") ||
                      ((mode == "half_pixel" || mode == "pytorch_half_pixel") && nearest.starts_with("round")) ||
                      (factors[0] == 1 && factors[1] == 1);
  if (!blocks) throw ModelError("coordinates '" + mode + "' with rounding '" + nearest + "' are not supported");
  c.emit(ResizeNearest{static_cast<int>(factors[0]), static_cast<int>(factors[1])}, {c.value(0)});
}

void import_reshape(OperatorContext& c) {
  if (c.integer("allowzero", 0) != 0) throw ModelError("allowzero is not supported");
  std::vector<int64_t> target = c.attribute_or_input("shape", 1, 5);
  const Shape& in = c.shape(0);
  if (!target.empty() && !in.empty() && target[0] == in[0]) target[0] = 0;
  c.emit(Reshape{std::move(target)}, {c.value(0)});
}

void import_flatten(OperatorContext& c) {
  const Shape in = c.shape(0);
  if (c.integer("axis", 1) != 1 || in.empty()) throw ModelError("only axis 1 is supported");
  c.emit(Reshape{{0, -1}}, {c.value(0)});
}

void import_squeeze(OperatorContext& c) {
  const Shape in = c.shape(0);
  std::vector<int64_t> axes = c.attribute_or_input("axes", 1, 13);
  for (int64_t& axis : axes) axis = checked_axis(axis, in.size());
  Shape out;
  for (size_t i = 0; i < in.size(); ++i) {
    const bool listed = std::find(axes.begin(), axes.end(), static_cast<int64_t>(i)) != axes.end();
    if (listed && in[i] != 1) throw ModelError("it squeezes a dimension of " + std::to_string(in[i]));
    if (!listed && !(axes.empty() && in[i] == 1)) out.push_back(in[i]);
  }
  c.emit_reshape(c.value(0), std::move(out));
}

void import_unsqueeze(OperatorContext& c) {
  const Shape in = c.shape(0);
  std::vector<int64_t> axes = c.attribute_or_input("axes", 1, 13);
  if (in.size() + axes.size() > kMaxRank) throw ModelError("it makes too many dimensions");
  for (int64_t& axis : axes) axis = checked_axis(axis, in.size() + axes.size());
  std::sort(axes.begin(), axes.end());
  Shape out = in;
  for (const int64_t axis : axes)
    out.insert(out.begin() + std::min<int64_t>(axis, static_cast<int64_t>(out.size())), 1);
  c.emit_reshape(c.value(0), std::move(out));
}

void import_transpose(OperatorContext& c) {
  Transpose layer;
  for (const int64_t axis : c.integers("perm"))
    layer.order.push_back(static_cast<int>(std::clamp<int64_t>(axis, -1, 1000)));
  if (layer.order.empty())
    for (size_t i = c.shape(0).size(); i-- > 0;) layer.order.push_back(static_cast<int>(i));
  c.emit(std::move(layer), {c.value(0)});
}

void import_identity(OperatorContext& c) {
  if (const Known* known = c.known(0)) {
    c.emit_known(*known);
  } else {
    c.alias(c.value(0));
    // Readers of one name read the other's value as well.
    c.state().uses[c.output_name()] += c.state().uses[c.input_name(0)] - 1;
  }
}

template <class Pairwise>
void import_pairwise(OperatorContext& c) {
  c.emit(Pairwise{}, {c.value(0), c.value(1)});
}

const std::map<std::string, void (*)(OperatorContext&)>& operators() {
  static const std::map<std::string, void (*)(OperatorContext&)> table = {
      {"Add", import_pairwise<Add>},
      {"AveragePool", import_pool},
      {"BatchNormalization", import_batch_normalization},
      {"Clip", import_clip},
      {"Concat", import_concat},
      {"Conv", import_convolution},
      {"Dropout", import_identity},
      {"Flatten", import_flatten},
      {"Gather", import_gather},
      {"Gemm", import_gemm},
      {"GlobalAveragePool", import_global_pool},
      {"GlobalMaxPool", import_global_pool},
      {"HardSigmoid", import_activation},
      {"HardSwish", import_activation},
      {"Identity", import_identity},
      {"LeakyRelu", import_activation},
      {"MatMul", import_matmul},
      {"MaxPool", import_pool},
      {"Mul", import_pairwise<Multiply>},
      {"Pad", import_pad},
      {"ReduceMean", import_reduce_mean},
      {"Relu", import_activation},
      {"Reshape", import_reshape},
      {"Resize", import_resize},
      {"Sigmoid", import_activation},
      {"Slice", import_slice},
      {"Softmax", import_softmax},
      {"Split", import_split},
      {"Squeeze", import_squeeze},
      {"Tanh", import_activation},
      {"Transpose", import_transpose},
      {"Unsqueeze", import_unsqueeze},
      {"Upsample", import_resize},
  };
  return table;
}

}  // namespace

void import_operator(OperatorContext& context) {
  const std::string& domain = context.node().domain();
  const bool standard = domain.empty() || domain == "ai.onnx";
  if (standard && (import_quantization(context) || import_shape_arithmetic(context))) return;
  const auto found = operators().find(context.type());
  if (found != operators().end() && standard) return found->second(context);
  std::string all = "Constant, DequantizeLinear, QuantizeLinear, Shape";
  for (const auto& [name, convert] : operators()) all += ", " + name;
  throw ModelError("the operator is not supported; supported are " + all);
}

}  // namespace flashcell::quant::onnx
