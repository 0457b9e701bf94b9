#include "quant_models/layers/activation.hpp"

#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

using Inputs = std::span<const at::Tensor>;

}  // namespace

TorchOperation Activation::make_torch_operation(TorchParameters&) const {
  // Chosen when the network is made, so that a kind that training lacks is an error then.
  switch (kind) {
    case ActivationKind::relu:
      return {[](Inputs in, const TorchRun&) { return at::relu(in[0]); }};
    case ActivationKind::clip:
      return {[a = *this](Inputs in, const TorchRun&) { return at::clamp(in[0], a.low, a.high); }};
    case ActivationKind::leaky_relu:
      return {[a = *this](Inputs in, const TorchRun&) { return at::leaky_relu(in[0], a.slope); }};
    case ActivationKind::sigmoid:
      return {[](Inputs in, const TorchRun&) { return at::sigmoid(in[0]); }};
    case ActivationKind::swish:
      return {[](Inputs in, const TorchRun&) { return at::silu(in[0]); }};
    case ActivationKind::tanh:
      return {[](Inputs in, const TorchRun&) { return at::tanh(in[0]); }};
    case ActivationKind::hard_sigmoid:
      return {[a = *this](Inputs in, const TorchRun&) { return at::clamp(in[0] * a.slope + a.offset, 0, 1); }};
    case ActivationKind::hard_swish:
      return {[](Inputs in, const TorchRun&) { return at::hardswish(in[0]); }};
    case ActivationKind::elu:
      return {[a = *this](Inputs in, const TorchRun&) { return at::elu(in[0], a.slope, a.gain); }};
  }
  throw ModelError("training has no activation of kind " + std::to_string(static_cast<int>(kind)));
}

}  // namespace flashcell::quant
