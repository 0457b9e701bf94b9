#include "quant_models/layers/convolution.hpp"

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

void import_convolution(OnnxNode& node) {
  const bool line = is_line(node);
  Known weight = node.require_known(1, "weight");
  if (weight.integer() || weight.dims.size() != node.shape(0).size())
    throw ModelError("its weight has shape " + to_string(weight.dims) + "; it does not fit its input " +
                     to_string(node.shape(0)));
  if (line) weight.dims.insert(weight.dims.begin() + 2, 1);
  const std::array<int, 2> dilation = pair_of(node, "dilations", 1);
  if (dilation[0] < 1 || dilation[1] < 1) throw ModelError("its dilation is below 1");
  Convolution layer;
  layer.dilation = {line ? 1 : dilation[0], dilation[1]};
  layer.weight = weight.tensor();
  layer.weight_quantization = weight.quantization;
  if (node.has(2)) layer.bias = vector_of(node.require_known(2, "bias"), weight.dims[0], "bias");
  layer.stride = stride_of(node);
  if (line) layer.stride.rows = 1;
  layer.padding = padding_of(node,
                             {checked_int(span_of(weight.dims[2], layer.dilation.rows), "kernel"),
                              checked_int(span_of(weight.dims[3], layer.dilation.columns), "kernel")},
                             layer.stride);
  layer.groups = std::max(1, checked_int(node.integer("group", 1), "group"));
  emit_on_image(node, std::move(layer));
}

}  // namespace

std::string Convolution::describe() const {
  const Shape& w = weight.shape;
  if (w.size() != 4) return "convolution";
  const bool depthwise = groups > 1 && w[1] == 1;
  const std::string wide = dilation == Dilation{} ? "" : ", dilation " + to_string({dilation.rows, dilation.columns});
  return (depthwise ? "depthwise " : groups > 1 ? "grouped " : "convolution ") + to_string({w[2], w[3]}) + wide;
}

Shape Convolution::infer_shape(std::span<const Shape> in) const {
  require_image(in[0]);
  const Shape& w = weight.shape;
  require(w.size() == 4, "its weight has shape " + to_string(w) + ", expected O x I/groups x rows x columns");
  require_tensor(weight, "weight");
  if (!bias.empty()) require_vector(bias, w[0], "bias");
  require(groups >= 1 && w[0] % groups == 0 && in[0][1] == w[1] * groups,
          "its weight " + to_string(w) + " in " + std::to_string(groups) + " groups does not fit an input of " +
              std::to_string(in[0][1]) + " channels");
  require_weight_quantization(weight_quantization, w[0]);
  return windowed_shape(in[0], w[0], span_of(w[2], dilation.rows), span_of(w[3], dilation.columns), stride, padding);
}

void Convolution::write_onnx(OnnxWriter& file) const {
  const Shape& w = weight.shape;
  OnnxWriter::Names parameters = {file.store_weight(weight, weight_quantization)};
  if (!bias.empty()) parameters.push_back(file.store("bias", bias));
  OnnxWriter::Attributes attributes = {{"kernel_shape", Shape{w[2], w[3]}}};
  for (OnnxAttribute& attribute : window_attributes(stride, padding)) attributes.push_back(std::move(attribute));
  if (dilation != Dilation{}) attributes.push_back({"dilations", Shape{dilation.rows, dilation.columns}});
  attributes.push_back({"group", int64_t{groups}});
  file.add_node("Conv", parameters, attributes);
}

OnnxOperators Convolution::onnx_operators() {
  return {{"Conv", import_convolution}};
}

namespace {

/// A window that is larger, or walks further, than the engine's, but over each pixel once: as the cut into patches of
/// vision transformers.
bool cuts_patches(const Convolution& c) {
  const int64_t rows = c.weight.shape[2], columns = c.weight.shape[3];
  const bool too_large = rows > contract::kMaxKernelSide || columns > contract::kMaxKernelSide ||
                         c.stride.rows > contract::kMaxStride || c.stride.columns > contract::kMaxStride;
  return too_large && c.groups == 1 && c.padding == Padding{} && c.dilation == Dilation{} && c.stride.rows == rows &&
         c.stride.columns == columns;
}

/// Patches become the channels of single pixels, in the order of the weights: row, column, channel.
void lower_patches(const Convolution& c, Lowering& engine) {
  const Lowering::Value in = engine.input(0, Layout::image);
  const Lowering::Target target = engine.target();
  const contract::TensorDescriptor t = engine.builder().tensor(in.tensor);
  const Shape& shape = engine.shape();
  const int rows = static_cast<int>(shape[2]), columns = static_cast<int>(shape[3]), height = c.stride.rows;
  const auto line = static_cast<uint32_t>(c.stride.columns * t.channels), row = uint32_t{t.width} * t.channels;
  const auto tall = static_cast<uint32_t>(height), wide = static_cast<uint32_t>(columns);
  MovePlaces places = {rows, columns, height, static_cast<int>(line), {}, {}};
  places.input = {0, tall * row, line, row, 1};
  places.output = {0, wide * tall * line, tall * line, line, 1};
  const ModelBuilder::Tensor patches = engine.builder().move(engine.name() + ".patches", in.tensor, places,
                                                             {rows, columns, height * static_cast<int>(line)});
  const size_t pixels = static_cast<size_t>(c.weight.shape[2] * c.weight.shape[3]), inputs = t.channels;
  const PackedWeights packed =
      engine.pack(c.weight, c.bias, c.weight_quantization, in, target.format, c.weight.values.size(),
                  [&](size_t o, size_t i) { return (o * pixels + i % pixels) * inputs + i / pixels; });
  engine.keep(target,
              engine.builder().convolution(engine.name(), patches, static_cast<int>(shape[1]), Window::square(1),
                                           packed.view(), target.format, target.clamp),
              Layout::image);
}

}  // namespace

void Convolution::lower(Lowering& engine) const {
  if (cuts_patches(*this)) return lower_patches(*this, engine);
  const Lowering::Chosen chosen = engine.chosen_input();
  const Lowering::Value& in = chosen.source;
  const Lowering::Target target = engine.target();
  const Shape& shape = weight.shape;
  const size_t outputs = static_cast<size_t>(shape[0]), per_group = static_cast<size_t>(shape[1]),
               pixels = static_cast<size_t>(shape[2] * shape[3]), group_count = static_cast<size_t>(groups);
  const Window window =
      engine.window(static_cast<int>(shape[2]), static_cast<int>(shape[3]), stride, padding, dilation);
  if (per_group == 1 && group_count == outputs && group_count > 1) {
    const PackedWeights packed = engine.pack(weight, bias, weight_quantization, in, target.format, outputs * pixels,
                                             [&](size_t o, size_t i) { return i * outputs + o; });
    return engine.keep(
        target,
        engine.builder().depthwise(engine.name(), in.tensor, window, packed.view(), target.format, target.clamp),
        Layout::image);
  }
  // A grouped convolution is a dense one whose other weights are 0; so is one that reads some of the channels.
  const size_t inputs = engine.builder().tensor(in.tensor).channels, outputs_of_group = outputs / group_count;
  const PackedWeights packed = engine.pack(
      weight, bias, weight_quantization, in, target.format, outputs * pixels * inputs, [&](size_t o, size_t i) {
        const size_t channel = o / outputs_of_group * per_group + i / pixels;
        const size_t stored = chosen.channels.empty() ? channel : static_cast<size_t>(chosen.channels[channel]);
        return (o * pixels + i % pixels) * inputs + stored;
      });
  engine.keep(target,
              engine.builder().convolution(engine.name(), in.tensor, static_cast<int>(outputs), window, packed.view(),
                                           target.format, target.clamp),
              Layout::image);
}

// A pointwise convolution reads the whole value that channels were chosen of for less than choosing costs.
bool Convolution::reads_chosen_channels() const {
  return groups == 1 && weight.shape[2] == 1 && weight.shape[3] == 1;
}

}  // namespace flashcell::quant
