#include "quant_models/layers/batch_normalization.hpp"

#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/trained_values.hpp"

namespace flashcell::quant {

TorchOperation BatchNormalization::make_torch_operation(TorchParameters& parameters) const {
  const TorchReader factor = parameters.add("scale", scale, false), shift = parameters.add("shift", bias, false);
  const TorchReader running_mean = parameters.add_running("mean", mean),
                    running_variance = parameters.add_running("variance", variance);
  return {[=, epsilon = epsilon](std::span<const at::Tensor> in, const TorchRun& run) {
    const at::Tensor g = factor(run), b = shift(run);
    if (run.statistics == nullptr)
      return at::batch_norm(in[0], g, b, running_mean(run), running_variance(run), false, 0, epsilon, false);
    // With a share of 1 the "running" figures become this batch's own.
    at::Tensor batch_mean = at::zeros_like(g).detach(), batch_variance = at::ones_like(g).detach();
    at::Tensor out = at::batch_norm(in[0], g, b, batch_mean, batch_variance, true, 1.0, epsilon, false);
    run.statistics->push_back(batch_mean);
    run.statistics->push_back(batch_variance);
    return out;
  }};
}

void BatchNormalization::take_trained(const TrainedValues& values) {
  scale = values.parameter("scale");
  bias = values.parameter("shift");
  mean = values.running("mean");
  variance = values.running("variance");
}

}  // namespace flashcell::quant
