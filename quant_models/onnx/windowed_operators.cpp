#include <algorithm>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/known_tensors.hpp"
#include "quant_models/onnx/operator_tables.hpp"
#include "quant_models/tensor/shape_rules.hpp"

// Convolutions and pools: what runs a window over an image. One-dimensional ones are images of a single row.
namespace flashcell::quant::onnx {
namespace {

constexpr int64_t kMostPixels = 1 << 20;  // of a kernel, stride or padding

int checked_int(int64_t value, const char* what) {
  if (value < 0 || value > kMostPixels)
    throw ModelError(std::string("its ") + what + " " + std::to_string(value) + " is out of range");
  return static_cast<int>(value);
}

bool is_line(OperatorContext& c) {
  const Shape& in = c.shape(0);
  if (in.size() != 3 && in.size() != 4)
    throw ModelError("its input has shape " + to_string(in) +
                     "; only images N x C x H x W and lines N x C x W are supported");
  return in.size() == 3;
}

// rows, columns of an attribute of two integers; of a line, one.
std::array<int, 2> pair_of(OperatorContext& c, const char* name, int otherwise) {
  const std::vector<int64_t> given = c.integers(name);
  if (given.empty()) return {otherwise, otherwise};
  if (is_line(c) && given.size() == 1) return {1, checked_int(given[0], name)};
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
  const bool line = is_line(c);
  const Shape& in = c.shape(0);
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const bool upper = automatic == "SAME_UPPER";
    const std::array<int, 2> rows = same_border(line ? 1 : in[2], kernel[0], stride.rows, upper),
                             columns = same_border(in.back(), kernel[1], stride.columns, upper);
    return {rows[0], columns[0], rows[1], columns[1]};
  }
  if (automatic != "NOTSET" && automatic != "VALID")
    throw ModelError("its attribute auto_pad is '" + automatic + "', which is not supported");
  const std::vector<int64_t> pads = c.integers("pads");
  if (pads.empty() || automatic == "VALID") return {};
  if (pads.size() != (line ? 2U : 4U))
    throw ModelError("its attribute pads needs two integers for each of its dimensions");
  if (line) return {0, checked_int(pads[0], "padding"), 0, checked_int(pads[1], "padding")};
  return {checked_int(pads[0], "padding"), checked_int(pads[1], "padding"), checked_int(pads[2], "padding"),
          checked_int(pads[3], "padding")};
}

Stride stride_of(OperatorContext& c) {
  const std::array<int, 2> strides = pair_of(c, "strides", 1);
  return {strides[0], strides[1]};
}

// Emits the layer on an image; a line becomes one and its result a line again.
void emit_on_image(OperatorContext& c, Layer layer) {
  if (!is_line(c)) return (void)c.emit(std::move(layer), {c.value(0)});
  const Shape in = c.shape(0);
  const NodeId image = c.helper("image", Reshape{{0, 0, 1, in[2]}}, {c.value(0)});
  const NodeId result = c.helper("row", std::move(layer), {image});
  const Shape out = c.graph().node(result).shape;
  c.emit(Reshape{{0, 0, out[3]}}, {result});
}

// The same window with the zeros between its weights written out.
Known dilated(OperatorContext& c, const Known& weight, const std::array<int, 2>& dilation) {
  const int64_t rows = weight.dims[2], columns = weight.dims[3];
  Known wide = weight;
  wide.dims[2] = (rows - 1) * dilation[0] + 1;
  wide.dims[3] = (columns - 1) * dilation[1] + 1;
  const auto count = static_cast<size_t>(element_count(wide.dims));
  c.state().require_room(count);
  wide.reals.assign(count, 0);
  for (size_t i = 0; i < weight.reals.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const int64_t window = at / (rows * columns), y = at / columns % rows * dilation[0], x = at % columns * dilation[1];
    wide.reals[static_cast<size_t>((window * wide.dims[2] + y) * wide.dims[3] + x)] = weight.reals[i];
  }
  return wide;
}

void import_convolution(OperatorContext& c) {
  const bool line = is_line(c);
  Known weight = c.require_known(1, "weight");
  if (weight.integer() || weight.dims.size() != c.shape(0).size())
    throw ModelError("its weight has shape " + to_string(weight.dims) + "; it does not fit its input " +
                     to_string(c.shape(0)));
  if (line) weight.dims.insert(weight.dims.begin() + 2, 1);
  const std::array<int, 2> dilation = pair_of(c, "dilations", 1);
  if (dilation[0] < 1 || dilation[1] < 1) throw ModelError("its dilation is below 1");
  if (dilation != std::array{1, 1} && known_count(weight.dims) > 0) weight = dilated(c, weight, dilation);
  Convolution layer;
  layer.weight = weight.tensor();
  layer.weight_quantization = weight.quantization;
  if (c.has(2)) layer.bias = vector_of(c.require_known(2, "bias"), weight.dims[0], "bias");
  layer.stride = stride_of(c);
  if (line) layer.stride.rows = 1;
  layer.padding =
      padding_of(c, {checked_int(weight.dims[2], "kernel"), checked_int(weight.dims[3], "kernel")}, layer.stride);
  layer.groups = std::max(1, checked_int(c.integer("group", 1), "group"));
  emit_on_image(c, std::move(layer));
}

// Rounding the number of windows up is a border that no window counts.
void round_up(OperatorContext& c, Pool& pool) {
  if (c.integer("ceil_mode", 0) == 0) return;
  const Shape& in = c.shape(0);
  const auto missing = [](int64_t extent, int before, int after, int kernel, int stride) {
    if (stride < 1) throw ModelError("its stride is below 1");
    const int64_t over = (extent + before + after - kernel) % stride;
    return over <= 0 ? 0 : static_cast<int>(stride - over);
  };
  Padding& p = pool.padding;
  const int rows = missing(in.size() == 3 ? 1 : in[2], p.top, p.bottom, pool.kernel[0], pool.stride.rows);
  const int columns = missing(in.back(), p.left, p.right, pool.kernel[1], pool.stride.columns);
  if (pool.count_padding && rows + columns > 0)
    throw ModelError("its attribute ceil_mode together with count_include_pad is not supported");
  p.bottom += rows;
  p.right += columns;
}

void import_pool(OperatorContext& c) {
  for (const int64_t d : c.integers("dilations"))
    if (d != 1) throw ModelError("its attribute dilations is " + std::to_string(d) + "; only 1 is supported");
  if (c.node().output_size() > 1 && !c.node().output(1).empty())
    throw ModelError("its second output (indices) is not supported");
  const bool line = is_line(c);
  Pool layer;
  layer.kind = c.type() == "MaxPool" ? PoolKind::max : PoolKind::average;
  layer.kernel = pair_of(c, "kernel_shape", 0);
  layer.stride = stride_of(c);
  if (line) layer.stride.rows = 1;
  layer.padding = padding_of(c, layer.kernel, layer.stride);
  layer.count_padding = layer.kind == PoolKind::average && c.integer("count_include_pad", 0) != 0;
  round_up(c, layer);
  emit_on_image(c, layer);
}

void import_global_pool(OperatorContext& c) {
  const GlobalPool layer{c.type() == "GlobalMaxPool" ? PoolKind::max : PoolKind::average};
  emit_on_image(c, layer);
}

}  // namespace

OperatorTable windowed_operators() {
  return {
      {"AveragePool", import_pool},          {"Conv", import_convolution}, {"GlobalAveragePool", import_global_pool},
      {"GlobalMaxPool", import_global_pool}, {"MaxPool", import_pool},
  };
}

}  // namespace flashcell::quant::onnx
