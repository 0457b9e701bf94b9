#include "quant_models/layers/transposed_convolution.hpp"

#include <algorithm>
#include <array>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_window.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

using onnx::Known;
using onnx::vector_of;

// Weights outer x inner x window as inner x outer x window: the file's order from ours and back.
Tensor turned_weight(const Tensor& weight) {
  const Shape& w = weight.shape;
  const int64_t window = w[2] * w[3];
  Tensor result{{w[1], w[0], w[2], w[3]}, {}};
  result.values.reserve(weight.values.size());
  for (int64_t inner = 0; inner < w[1]; ++inner)
    for (int64_t outer = 0; outer < w[0]; ++outer) {
      const auto first = weight.values.begin() + (outer * w[1] + inner) * window;
      result.values.insert(result.values.end(), first, first + window);
    }
  return result;
}

// The file's I x O/groups x window as O x I x window, with zeros between what groups keep apart.
Tensor without_groups(OnnxNode& node, const Tensor& weight, int64_t groups) {
  const Shape& w = weight.shape;
  if (groups == 1) return turned_weight(weight);
  const int64_t inputs = w[0] / groups, window = w[2] * w[3];
  Tensor result{{w[1] * groups, w[0], w[2], w[3]}, {}};
  const auto count = static_cast<size_t>(element_count(result.shape));
  node.require_room(count);
  result.values.assign(count, 0);
  for (int64_t i = 0; i < w[0]; ++i)
    for (int64_t o = 0; o < w[1]; ++o)
      std::copy_n(weight.values.begin() + (i * w[1] + o) * window, window,
                  result.values.begin() + ((i / inputs * w[1] + o) * w[0] + i) * window);
  return result;
}

/// Rows or columns of the result.
struct Side {
  int before = 0, after = 0, more = 0;
};

// What is cut off, or added behind, so that the result has `wanted` of the `all` rows or columns.
Side side_for(int64_t all, int64_t wanted, bool more_before) {
  const int cut = checked_int(std::max<int64_t>(0, all - wanted), "padding");
  const int before = more_before ? cut - cut / 2 : cut / 2;
  return {before, cut - before, checked_int(std::max<int64_t>(0, wanted - all), "output_shape")};
}

// Below and right of what windows reach.
std::array<int, 2> more_of(OnnxNode& node) {
  std::array<int, 2> more = pair_of(node, "output_padding", 0);
  if (is_line(node)) more[0] = 0;
  return more;
}

void set_borders(OnnxNode& node, TransposedConvolution& layer) {
  const bool line = is_line(node);
  const Shape& in = node.shape(0);
  const std::array<int, 2> more = more_of(node);
  const auto all = [](int64_t extent, int stride, int64_t taps, int dilation, int added) {
    return stride * (extent - 1) + span_of(taps, dilation) + added;
  };
  const Shape& w = layer.weight.shape;
  const int64_t rows = all(line ? 1 : in[2], layer.stride.rows, w[2], layer.dilation.rows, more[0]);
  const int64_t columns = all(in.back(), layer.stride.columns, w[3], layer.dilation.columns, more[1]);
  const std::string automatic = node.text("auto_pad", "NOTSET");
  const std::vector<int64_t> shape = node.integers("output_shape");
  if (shape.empty() && !automatic.starts_with("SAME")) {
    layer.padding = padding_of(node, {1, 1}, layer.stride);
    layer.more_rows = more[0];
    layer.more_columns = more[1];
    return;
  }
  if (automatic != "NOTSET" && automatic != "SAME_UPPER" && automatic != "SAME_LOWER")
    throw ModelError("its attribute auto_pad is '" + automatic + "', which is not supported with an output_shape");
  const size_t sides = line ? 1 : 2;
  if (!shape.empty() && shape.size() < sides) throw ModelError("its output_shape does not fit its input");
  const int64_t wide = shape.empty() ? in.back() * layer.stride.columns : shape.back();
  const int64_t tall = line ? rows : shape.empty() ? in[2] * layer.stride.rows : shape[shape.size() - 2];
  if (automatic == "NOTSET" && ((std::max<int64_t>(0, rows - tall) | std::max<int64_t>(0, columns - wide)) & 1) != 0)
    throw ModelError("its output_shape leaves an odd border, which the standard and runtimes put at different ends");
  const Side r = side_for(rows, tall, automatic == "SAME_LOWER"),
             c = side_for(columns, wide, automatic == "SAME_LOWER");
  layer.padding = {r.before, c.before, r.after, c.after};
  layer.more_rows = r.more + more[0];
  layer.more_columns = c.more + more[1];
}

void import_transposed(OnnxNode& node) {
  const bool line = is_line(node);
  Known known = node.require_known(1, "weight");
  if (known.integer() || known.dims.size() != node.shape(0).size())
    throw ModelError("its weight has shape " + to_string(known.dims) + "; it does not fit its input " +
                     to_string(node.shape(0)));
  if (line) known.dims.insert(known.dims.begin() + 2, 1);
  const int64_t groups = std::max(1, checked_int(node.integer("group", 1), "group"));
  if (known.reals.empty() || known.dims[0] % groups != 0)
    throw ModelError("its weight " + to_string(known.dims) + " does not fit " + std::to_string(groups) + " groups");
  TransposedConvolution layer;
  layer.weight = without_groups(node, known.tensor(), groups);
  layer.weight_quantization = known.quantization;
  if (std::optional<Quantization>& q = layer.weight_quantization; q && q->per_channel()) {
    if (q->axis != 1 || groups != 1) throw ModelError("its weights have scales along another axis than its outputs");
    q->axis = 0;
  }
  if (node.has(2)) layer.bias = vector_of(node.require_known(2, "bias"), layer.weight.shape[0], "bias");
  const std::array<int, 2> dilation = pair_of(node, "dilations", 1);
  layer.dilation = {line ? 1 : dilation[0], dilation[1]};
  layer.stride = stride_of(node);
  if (line) layer.stride.rows = 1;
  set_borders(node, layer);
  emit_on_image(node, std::move(layer));
}

int64_t extent(int64_t in, int stride, int64_t span, int before, int after, int more) {
  require_range(stride, 1, "stride");
  require_range(before, 0, "padding");
  require_range(after, 0, "padding");
  require_range(more, 0, "output_padding");
  const int64_t out = stride * (in - 1) + span + more - before - after;
  require(out >= 1, "its padding leaves nothing of the result");
  return out;
}

}  // namespace

std::string TransposedConvolution::describe() const {
  const Shape& w = weight.shape;
  return w.size() != 4 ? "transposed convolution" : "transposed convolution " + to_string({w[2], w[3]});
}

Shape TransposedConvolution::infer_shape(std::span<const Shape> in) const {
  require_image(in[0]);
  const Shape& w = weight.shape;
  require(w.size() == 4, "its weight has shape " + to_string(w) + ", expected O x I x rows x columns");
  require_tensor(weight, "weight");
  if (!bias.empty()) require_vector(bias, w[0], "bias");
  require(in[0][1] == w[1],
          "its weight " + to_string(w) + " does not fit an input of " + std::to_string(in[0][1]) + " channels");
  require_weight_quantization(weight_quantization, w[0]);
  return {in[0][0], w[0],
          extent(in[0][2], stride.rows, span_of(w[2], dilation.rows), padding.top, padding.bottom, more_rows),
          extent(in[0][3], stride.columns, span_of(w[3], dilation.columns), padding.left, padding.right, more_columns)};
}

int64_t TransposedConvolution::macs_per_number(std::span<const Shape>) const {
  const int64_t all = weight.shape[1] * weight.shape[2] * weight.shape[3],
                places = int64_t{stride.rows} * stride.columns;
  return (all + places - 1) / places;
}

void TransposedConvolution::write_onnx(OnnxWriter& file) const {
  std::optional<Quantization> quantization = weight_quantization;
  if (quantization && quantization->per_channel()) quantization->axis = 1;
  OnnxWriter::Names parameters = {file.store_weight(turned_weight(weight), quantization)};
  if (!bias.empty()) parameters.push_back(file.store("bias", bias));
  OnnxWriter::Attributes attributes = {{"kernel_shape", Shape{weight.shape[2], weight.shape[3]}}};
  for (OnnxAttribute& attribute : window_attributes(stride, padding)) attributes.push_back(std::move(attribute));
  if (dilation != Dilation{}) attributes.push_back({"dilations", Shape{dilation.rows, dilation.columns}});
  if (more_rows + more_columns > 0) attributes.push_back({"output_padding", Shape{more_rows, more_columns}});
  file.add_node("ConvTranspose", parameters, attributes);
}

OnnxOperators TransposedConvolution::onnx_operators() {
  return {{"ConvTranspose", import_transposed}};
}

void TransposedConvolution::lower(Lowering& engine) const {
  const Lowering::Value in = engine.input(0, Layout::image);
  const Lowering::Target target = engine.target();
  const Shape &w = weight.shape, &out = engine.shape();
  const auto taps = static_cast<size_t>(w[2] * w[3]), inputs = static_cast<size_t>(w[1]);
  const PackedWeights packed =
      engine.pack(weight, bias, weight_quantization, in, target.format, weight.values.size(),
                  [&](size_t o, size_t i) { return (o * taps + i % taps) * inputs + i / taps; });
  const Window window = engine.window(static_cast<int>(w[2]), static_cast<int>(w[3]), stride, padding, dilation);
  const Extents extents = {static_cast<int>(out[2]), static_cast<int>(out[3]), static_cast<int>(out[1])};
  engine.keep(target,
              engine.builder().transposed_convolution(engine.name(), in.tensor, extents, window, packed.view(),
                                                      target.format, target.clamp),
              Layout::image);
}

}  // namespace flashcell::quant
