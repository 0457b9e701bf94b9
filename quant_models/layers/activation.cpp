#include "quant_models/layers/activation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "quant_models/layers/each_number.hpp"
#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_node.hpp"
#include "quant_models/layers/onnx_pairwise.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/sigmoid.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

using onnx::Known;

// x * gate(x).
void write_gated(OnnxWriter& file, const char* gate_type, const OnnxWriter::Attributes& attributes) {
  const std::string gate = file.free_name(file.name() + ".gate");
  file.add(gate_type, gate, file.inputs(), gate, attributes);
  file.add_node("Mul", {gate});
}

// x < 0 ? slope * x : x with a slope for each channel: relu(x) - slope * relu(-x).
void import_prelu(OnnxNode& node) {
  const Known& slope = node.require_known(1, "slope");
  if (slope.integer()) throw ModelError("its slope is not of floating-point numbers");
  const NodeId x = node.value(0);
  if (node.shape(0).size() < 2) throw ModelError("its input has no channels");
  if (slope.reals.size() == 1 && slope.dims.size() <= node.shape(0).size())
    return (void)node.emit(Activation{.kind = ActivationKind::leaky_relu, .slope = slope.reals[0]}, {x});
  const NodeId above = node.helper("above", Activation{}, {x});
  const NodeId below = node.helper("below", Activation{}, {scaled(node, x, -1, "negative")});
  Tensor opposite = slope.tensor();
  // Below operator set 7 the only dimension is that of the channels.
  if (node.opset() < 7 && opposite.shape.size() == 1) opposite.shape.resize(node.shape(0).size() - 1, 1);
  node.count_copies(opposite.values.size());
  for (float& value : opposite.values) value = -value;
  const NodeId factor = node.helper("slope", Constant{std::move(opposite)}, {});
  node.emit(Add{}, {above, node.helper("slanted", Multiply{}, {below, factor})});
}

void import_activation(OnnxNode& node) {
  const std::string& type = node.type();
  Activation layer;
  if (type == "LeakyRelu") layer = {.kind = ActivationKind::leaky_relu, .slope = node.real("alpha", 0.01F)};
  if (type == "Sigmoid") layer.kind = ActivationKind::sigmoid;
  if (type == "Tanh") layer.kind = ActivationKind::tanh;
  if (type == "HardSwish") layer.kind = ActivationKind::hard_swish;
  if (type == "HardSigmoid")
    layer = {
        .kind = ActivationKind::hard_sigmoid, .slope = node.real("alpha", 0.2F), .offset = node.real("beta", 0.5F)};
  // SELU's numbers are those that the standard gives.
  if (type == "Elu") layer = {.kind = ActivationKind::elu, .slope = node.real("alpha", 1)};
  if (type == "Selu")
    layer = {
        .kind = ActivationKind::elu, .slope = node.real("alpha", 1.67326319F), .gain = node.real("gamma", 1.05070102F)};
  node.emit(layer, {node.value(0)});
}

// The larger or smaller of a value and fixed numbers, one each for all of it.
void import_bound(OnnxNode& node) {
  constexpr float kMost = std::numeric_limits<float>::max();
  Activation layer{.kind = ActivationKind::clip, .low = -kMost, .high = kMost};
  std::optional<int> computed;
  size_t rank = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    const Known* bound = node.known(i);
    if (bound == nullptr && computed) throw ModelError("it compares two values; only a value and fixed numbers can be");
    if (bound == nullptr) {
      computed = i;
      continue;
    }
    if (bound->integer() || bound->reals.size() != 1)
      throw ModelError("its fixed input has shape " + to_string(bound->dims) +
                       "; only one number for all is supported");
    rank = std::max(rank, bound->dims.size());
    if (node.type() == "Max") layer.low = std::max(layer.low, bound->reals[0]);
    if (node.type() == "Min") layer.high = std::min(layer.high, bound->reals[0]);
  }
  if (!computed || rank > node.shape(*computed).size()) throw ModelError("its fixed input stretches the other one");
  if (node.input_count() == 1) return node.pass_on(0);
  node.emit(layer, {node.value(*computed)});
}

void import_clip(OnnxNode& node) {
  constexpr float kMost = std::numeric_limits<float>::max();
  Activation layer{.kind = ActivationKind::clip};
  layer.low = node.opset() < 11 ? node.real("min", -kMost) : node.number(1, -kMost);
  layer.high = node.opset() < 11 ? node.real("max", kMost) : node.number(2, kMost);
  node.emit(layer, {node.value(0)});
}

}  // namespace

std::string Activation::describe() const {
  switch (kind) {
    case ActivationKind::relu:
      return "ReLU";
    case ActivationKind::clip:
      return low == 0 && high == 6 ? "ReLU6" : "clip";
    case ActivationKind::leaky_relu:
      return "LeakyReLU";
    case ActivationKind::sigmoid:
      return "sigmoid";
    case ActivationKind::swish:
      return "swish";
    case ActivationKind::tanh:
      return "tanh";
    case ActivationKind::hard_sigmoid:
      return "hard sigmoid";
    case ActivationKind::hard_swish:
      return "hard swish";
    case ActivationKind::elu:
      return gain == 1 ? "ELU" : "SELU";
  }
  return "activation";
}

Shape Activation::infer_shape(std::span<const Shape> in) const {
  require(!std::isnan(low) && !std::isnan(high) && low <= high, "its clip range is empty");
  require(std::isfinite(slope) && std::isfinite(offset) && std::isfinite(gain), "its slope is not finite");
  return in[0];
}

Step Activation::make_step(const Shape& out, std::span<const Shape>) const {
  const int64_t count = element_count(out);
  switch (kind) {
    case ActivationKind::relu:
      return each_number(count, [](float x) { return x > 0 ? x : 0.0F; });
    case ActivationKind::clip:
      return each_number(count, [low = low, high = high](float x) { return std::min(std::max(x, low), high); });
    case ActivationKind::leaky_relu:
      return each_number(count, [slope = slope](float x) { return x < 0 ? slope * x : x; });
    case ActivationKind::sigmoid:
      return each_number(count, sigmoid);
    case ActivationKind::swish:
      return each_number(count, [](float x) { return x * sigmoid(x); });
    case ActivationKind::tanh:
      return each_number(count, [](float x) { return std::tanh(x); });
    case ActivationKind::hard_sigmoid:
      return each_number(count, [slope = slope, offset = offset](float x) {
        return std::min(std::max(slope * x + offset, 0.0F), 1.0F);
      });
    case ActivationKind::hard_swish:
      return each_number(count, [](float x) { return x * std::min(std::max(x / 6 + 0.5F, 0.0F), 1.0F); });
    case ActivationKind::elu:
      return each_number(count,
                         [slope = slope, gain = gain](float x) { return gain * (x < 0 ? slope * std::expm1(x) : x); });
  }
  throw std::invalid_argument("unknown activation");
}

void Activation::write_onnx(OnnxWriter& file) const {
  switch (kind) {
    case ActivationKind::relu:
      return file.add_node("Relu");
    case ActivationKind::clip: {
      const OnnxWriter::Names bounds = {file.store("low", Tensor{{}, {low}}), file.store("high", Tensor{{}, {high}})};
      return file.add_node("Clip", bounds);
    }
    case ActivationKind::leaky_relu:
      return file.add_node("LeakyRelu", {}, {{"alpha", slope}});
    case ActivationKind::sigmoid:
      return file.add_node("Sigmoid");
    case ActivationKind::tanh:
      return file.add_node("Tanh");
    case ActivationKind::hard_sigmoid:
      return file.add_node("HardSigmoid", {}, {{"alpha", slope}, {"beta", offset}});
    case ActivationKind::swish:
      return write_gated(file, "Sigmoid", {});
    case ActivationKind::elu:
      if (gain == 1) return file.add_node("Elu", {}, {{"alpha", slope}});
      return file.add_node("Selu", {}, {{"alpha", slope}, {"gamma", gain}});
    case ActivationKind::hard_swish:
      return write_gated(file, "HardSigmoid", {{"alpha", 1.0F / 6}, {"beta", 0.5F}});
  }
}

OnnxOperators Activation::onnx_operators() {
  return {{"Elu", import_activation},
          {"HardSigmoid", import_activation},
          {"HardSwish", import_activation},
          {"LeakyRelu", import_activation},
          {"Max", import_bound},
          {"Min", import_bound},
          {"Relu", import_activation},
          {"Selu", import_activation},
          {"Sigmoid", import_activation},
          {"Tanh", import_activation},
          {"Clip", import_clip},
          {"PRelu", import_prelu}};
}

void Activation::lower(Lowering& engine) const {
  const Step step = make_step({1}, std::vector<Shape>{{1}});
  engine.look_up([&step](double x) {
    const auto in = static_cast<float>(x);
    const float* inputs[] = {&in};
    float out = 0;
    step(inputs, &out);
    return static_cast<double>(out);
  });
}

Clamp Activation::engine_clamp(const ActivationFormat& format) const {
  const auto scale = static_cast<double>(format.scale);
  const auto step_of = [&](float x) {
    constexpr double kBeyond = 1 << 24;  // every range of stored values
    const double steps = std::floor(static_cast<double>(x) / scale + 0.5);
    return format.zero_point + static_cast<int>(std::clamp(steps, -kBeyond, kBeyond));
  };
  Clamp clamp;
  if (kind == ActivationKind::relu) {
    clamp.low = format.zero_point;
  } else if (kind == ActivationKind::clip) {
    clamp.low = step_of(low);
    clamp.high = step_of(high);
  } else {
    throw ModelError("the engine cuts values off, it computes no other activation; use ReLU or a clip");
  }
  return clamp;
}

}  // namespace flashcell::quant
