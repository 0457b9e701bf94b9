#include "quant_models/graph/layers.hpp"

namespace flashcell::quant {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

std::string by(int64_t rows, int64_t columns) {
  return std::to_string(rows) + "x" + std::to_string(columns);
}

std::string describe_convolution(const Convolution& c) {
  const Shape& w = c.weight.shape;
  const bool depthwise = c.groups > 1 && w[1] == 1;
  return (depthwise ? "depthwise " : c.groups > 1 ? "grouped " : "convolution ") + by(w[2], w[3]);
}

std::string describe_activation(const Activation& a) {
  switch (a.kind) {
    case ActivationKind::relu:
      return "ReLU";
    case ActivationKind::clip:
      return a.low == 0 && a.high == 6 ? "ReLU6" : "clip";
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

// Both kinds of layers with weights have members of the same names.
template <class Result, class AnyLayer, class Member>
Result* member_of(AnyLayer& layer, Member member) {
  if (auto* convolution = std::get_if<Convolution>(&layer)) return member(*convolution);
  if (auto* connected = std::get_if<FullyConnected>(&layer)) return member(*connected);
  return nullptr;
}

constexpr auto kWeight = [](auto& layer) { return &layer.weight; };
constexpr auto kBias = [](auto& layer) { return &layer.bias; };
constexpr auto kQuantization = [](auto& layer) { return &layer.weight_quantization; };

}  // namespace

std::string describe(const Layer& layer) {
  return std::visit(Overloaded{
                        [](const Input&) -> std::string { return "input"; },
                        [](const Constant&) -> std::string { return "constant"; },
                        [](const Convolution& c) { return describe_convolution(c); },
                        [](const FullyConnected&) -> std::string { return "fully connected"; },
                        [](const BatchNormalization&) -> std::string { return "batch normalization"; },
                        [](const Activation& a) { return describe_activation(a); },
                        [](const Softmax&) -> std::string { return "softmax"; },
                        [](const Pool& p) {
                          return (p.kind == PoolKind::max ? "max pool " : "average pool ") +
                                 by(p.kernel[0], p.kernel[1]);
                        },
                        [](const GlobalPool& p) -> std::string {
                          return p.kind == PoolKind::max ? "global max pool" : "global average pool";
                        },
                        [](const Add&) -> std::string { return "add"; },
                        [](const Multiply&) -> std::string { return "multiply"; },
                        [](const Concat&) -> std::string { return "concat"; },
                        [](const Slice&) -> std::string { return "slice"; },
                        [](const Pad&) -> std::string { return "pad"; },
                        [](const ResizeNearest& r) { return "resize " + by(r.rows, r.columns); },
                        [](const Reshape&) -> std::string { return "reshape"; },
                        [](const Transpose&) -> std::string { return "transpose"; },
                    },
                    layer);
}

Tensor* weight_of(Layer& layer) {
  return member_of<Tensor>(layer, kWeight);
}
const Tensor* weight_of(const Layer& layer) {
  return member_of<const Tensor>(layer, kWeight);
}
Tensor* bias_of(Layer& layer) {
  return member_of<Tensor>(layer, kBias);
}
const Tensor* bias_of(const Layer& layer) {
  return member_of<const Tensor>(layer, kBias);
}
std::optional<Quantization>* weight_quantization_of(Layer& layer) {
  return member_of<std::optional<Quantization>>(layer, kQuantization);
}
const std::optional<Quantization>* weight_quantization_of(const Layer& layer) {
  return member_of<const std::optional<Quantization>>(layer, kQuantization);
}

bool only_moves(const Layer& layer) {
  if (const Pool* pool = std::get_if<Pool>(&layer)) return pool->kind == PoolKind::max;
  if (const GlobalPool* pool = std::get_if<GlobalPool>(&layer)) return pool->kind == PoolKind::max;
  if (const Pad* pad = std::get_if<Pad>(&layer)) return pad->value == 0;
  return std::holds_alternative<Slice>(layer) || std::holds_alternative<ResizeNearest>(layer) ||
         std::holds_alternative<Reshape>(layer) || std::holds_alternative<Transpose>(layer);
}

}  // namespace flashcell::quant
