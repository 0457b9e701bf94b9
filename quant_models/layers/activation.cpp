#include "quant_models/layers/activation.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/sigmoid.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

template <class Function>
Step each_number(int64_t count, Function function) {
  return [=](StepInputs in, float* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = function(in[0][i]);
  };
}

// x * gate(x).
void write_gated(OnnxWriter& file, const char* gate_type, const OnnxWriter::Attributes& attributes) {
  const std::string gate = file.free_name(file.name() + ".gate");
  file.add(gate_type, gate, file.inputs(), gate, attributes);
  file.add_node("Mul", {gate});
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
  }
  return "activation";
}

Shape Activation::infer_shape(std::span<const Shape> in) const {
  require(!std::isnan(low) && !std::isnan(high) && low <= high, "its clip range is empty");
  require(std::isfinite(slope) && std::isfinite(offset), "its slope is not finite");
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
    case ActivationKind::hard_swish:
      return write_gated(file, "HardSigmoid", {{"alpha", 1.0F / 6}, {"beta", 0.5F}});
  }
}

}  // namespace flashcell::quant
