#include "quant_models/layers/activation.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

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

}  // namespace flashcell::quant
