#include "quant_models/layers/layer_normalization.hpp"

#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/trained_values.hpp"

namespace flashcell::quant {

TorchOperation LayerNormalization::make_torch_operation(TorchParameters& parameters) const {
  const TorchReader factor = parameters.add("scale", scale, false), shift = parameters.add("shift", bias, false);
  return {[=, shape = scale.shape, epsilon = epsilon](std::span<const at::Tensor> in, const TorchRun& run) {
    return at::layer_norm(in[0], shape, factor(run), shift(run), epsilon);
  }};
}

void LayerNormalization::take_trained(const TrainedValues& values) {
  scale = values.parameter("scale");
  bias = values.parameter("shift");
}

}  // namespace flashcell::quant
