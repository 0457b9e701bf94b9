#include "quant_models/layers/layer_normalization.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels_hls/contract/qcnn_functions.hpp"
#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

using onnx::checked_axis;
using onnx::Known;

// Scale or bias, stretched to all that is normalized together.
Tensor stretched(const Known& known, const Shape& shape, const char* what) {
  const Tensor given = known.tensor();
  const auto count = static_cast<size_t>(element_count(shape));
  if (known.integer() || given.empty() || count % given.values.size() != 0 || given.shape.size() > shape.size())
    throw ModelError(std::string("its ") + what + " does not fit " + to_string(shape));
  for (size_t i = 0, missing = shape.size() - given.shape.size(); i < given.shape.size(); ++i)
    if (given.shape[i] != shape[i + missing] && given.values.size() > 1)
      throw ModelError(std::string("its ") + what + " of shape " + to_string(given.shape) + " does not fit " +
                       to_string(shape));
  Tensor all{shape, {}};
  for (size_t i = 0; i < count; ++i) all.values.push_back(given.values[i % given.values.size()]);
  return all;
}

void import_layer_normalization(OnnxNode& node) {
  for (int i = 1; i < node.output_count(); ++i)
    if (node.has_output(i)) throw ModelError("it gives mean and deviation: only its first output is supported");
  const Shape in = node.shape(0);
  const auto axis = checked_axis(node.integer("axis", -1), in.size());
  const Shape together(in.begin() + axis, in.end());
  LayerNormalization layer;
  layer.scale = stretched(node.require_known(1, "scale"), together, "scale");
  layer.bias = node.has(2) ? stretched(node.require_known(2, "bias"), together, "bias")
                           : Tensor{together, std::vector<float>(layer.scale.values.size(), 0.0F)};
  layer.epsilon = node.real("epsilon", 1e-5F);
  node.emit(std::move(layer), {node.value(0)});
}

// Each channel of each image on its own, then a product and a sum for each channel.
void import_instance_normalization(OnnxNode& node) {
  const Shape in = node.shape(0);
  if (in.size() < 3) throw ModelError("its input has shape " + to_string(in) + ", expected N x C x ...");
  const Shape together(in.begin() + 2, in.end());
  const auto count = static_cast<size_t>(element_count(together));
  node.require_room(2 * count);
  const LayerNormalization layer{{together, std::vector<float>(count, 1.0F)},
                                 {together, std::vector<float>(count, 0.0F)},
                                 node.real("epsilon", 1e-5F)};
  node.count_copies(2 * count);
  Shape channels(in.size() - 1, 1);
  channels[0] = in[1];
  const auto of_channels = [&](int input, const char* name) {
    Tensor numbers = onnx::vector_of(node.require_known(input, name), in[1], name);
    numbers.shape = channels;
    return node.helper(name, Constant{std::move(numbers)}, {});
  };
  const NodeId unit = node.helper("unit", layer, {node.value(0)});
  const NodeId scaled = node.helper("scaled", Multiply{}, {unit, of_channels(1, "scale")});
  node.emit(Add{}, {scaled, of_channels(2, "bias")});
}

// In eight parts, whatever the machine's vectors.
template <class Number>
double sum_of(const float* x, int64_t count, Number number) {
  std::array<double, 8> parts{};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (size_t p = 0; p < 8; ++p) parts[p] += number(x[i + static_cast<int64_t>(p)]);
  for (; i < count; ++i) parts[0] += number(x[i]);
  return ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]));
}

}  // namespace

std::string LayerNormalization::describe() const {
  return "layer normalization";
}

Shape LayerNormalization::infer_shape(std::span<const Shape> in) const {
  const size_t dimensions = scale.shape.size();
  require(dimensions >= 1 && dimensions <= in[0].size() &&
              Shape(in[0].end() - static_cast<ptrdiff_t>(dimensions), in[0].end()) == scale.shape,
          "its scale " + to_string(scale.shape) + " does not fit an input of shape " + to_string(in[0]));
  require(bias.shape == scale.shape, "its scale and bias have different shapes");
  require_tensor(scale, "scale");
  require_tensor(bias, "bias");
  require(epsilon >= 0 && std::isfinite(epsilon), "its epsilon is no number from 0 up");
  return in[0];
}

Step LayerNormalization::make_step(const Shape& out, std::span<const Shape>) const {
  const auto each = static_cast<int64_t>(scale.values.size()), lines = element_count(out) / each;
  return [each, lines, layer = *this](StepInputs in, float* target) {
    const float* x = in[0];
    for (int64_t line = 0; line < lines; ++line, x += each, target += each) {
      const auto count = static_cast<double>(each);
      const auto mean = static_cast<float>(sum_of(x, each, [](float v) { return double{v}; }) / count);
      const double variance = sum_of(x, each, [mean](float v) { return double{v - mean} * double{v - mean}; }) / count;
      const auto factor = static_cast<float>(1 / std::sqrt(variance + double{layer.epsilon}));
      const float *gain = layer.scale.values.data(), *shift = layer.bias.values.data();
      for (int64_t i = 0; i < each; ++i) target[i] = (x[i] - mean) * factor * gain[i] + shift[i];
    }
  };
}

// In pieces below operator set 17.
void LayerNormalization::write_onnx(OnnxWriter& file) const {
  const std::string& name = file.name();
  const auto dimensions = static_cast<int64_t>(scale.shape.size());
  if (file.opset() >= 17) {
    const OnnxWriter::Names parameters = {file.store("scale", scale), file.store("bias", bias)};
    return file.add_node("LayerNormalization", parameters, {{"axis", -dimensions}, {"epsilon", epsilon}});
  }
  Shape axes;
  for (int64_t i = dimensions; i > 0; --i) axes.push_back(-i);
  const OnnxWriter::Attributes over = {{"axes", axes}, {"keepdims", int64_t{1}}};
  const auto piece = [&](const char* type, const char* suffix, const OnnxWriter::Names& inputs,
                         const OnnxWriter::Attributes& attributes = {}) {
    const std::string value = file.free_name(name + "." + suffix);
    file.add(type, value, inputs, value, attributes);
    return value;
  };
  const std::string x = file.inputs()[0], mean = piece("ReduceMean", "mean", {x}, over);
  const std::string centred = piece("Sub", "centred", {x, mean});
  const std::string variance = piece("ReduceMean", "variance", {piece("Mul", "square", {centred, centred})}, over);
  const std::string room = piece("Add", "room", {variance, file.store("epsilon", Tensor{{}, {epsilon}})});
  const std::string unit = piece("Div", "unit", {centred, piece("Sqrt", "deviation", {room})});
  const std::string scaled = piece("Mul", "scaled", {unit, file.store("scale", scale)});
  file.add("Add", name, {scaled, file.store("bias", bias)}, file.output());
}

OnnxOperators LayerNormalization::onnx_operators() {
  return {{"InstanceNormalization", import_instance_normalization}, {"LayerNormalization", import_layer_normalization}};
}

void LayerNormalization::lower(Lowering& engine) const {
  if (scale.shape.size() != 1) engine.refuse("the engine normalizes along the last dimension only");
  const Lowering::Value in = engine.input(0, Layout::rows);
  const Lowering::Target target = engine.target();
  const int fraction_bits =
      std::min(contract::kMaxValueBits - engine.builder().tensor(in.tensor).bits, contract::kMaxFractionBits);
  const auto out = static_cast<double>(target.format.scale);
  const double root = std::sqrt(static_cast<double>(scale.shape[0])), step = root / (1 << 30);
  std::vector<contract::ChannelParameters> parameters;
  for (size_t c = 0; c < scale.values.size(); ++c) {
    const double offset = static_cast<double>(bias.values[c]);
    double gain = static_cast<double>(scale.values[c]);
    // A gain that is next to nothing beside the offset, or the output's steps, becomes as small as 64 bits allow.
    const double least = std::max(std::abs(offset) * 0x1p-14, out * 0x1p-8 / root);
    if (std::abs(gain) < least) gain = gain < 0 ? -least : least;
    const double steps = std::floor(offset / (gain * step) + 0.5);
    const double room = 62 - std::log2(std::abs(steps) + static_cast<double>(contract::kEndOfLayerNorm));
    const int bits = std::clamp(static_cast<int>(room), 16, 31);
    parameters.push_back({static_cast<int64_t>(steps), engine.dyadic_factor(gain * step / out, bits)});
  }
  engine.keep(
      target,
      engine.builder().layer_norm(engine.name(), in.tensor, parameters, fraction_bits, target.format, target.clamp),
      Layout::rows);
}

}  // namespace flashcell::quant
