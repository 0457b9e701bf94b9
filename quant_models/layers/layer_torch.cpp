#include "quant_models/layers/layer_torch.hpp"

namespace flashcell::quant {

TorchOperation make_torch_operation(const Layer& layer, TorchParameters& parameters) {
  return std::visit([&](const auto& kind) { return kind.make_torch_operation(parameters); }, layer);
}

void take_trained(Layer& layer, const TrainedValues& values) {
  std::visit(
      [&](auto& kind) {
        if constexpr (requires { kind.take_trained(values); }) kind.take_trained(values);
      },
      layer);
}

}  // namespace flashcell::quant
