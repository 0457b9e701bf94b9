#include "quant_models/layers/fully_connected.hpp"

#include "quant_models/layers/torch_matrix_product.hpp"
#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/layers/torch_weights.hpp"

namespace flashcell::quant {

TorchOperation FullyConnected::make_torch_operation(TorchParameters& parameters) const {
  return {[weights = add_weights(*this, parameters)](std::span<const at::Tensor> in, const TorchRun& run) {
    const at::Tensor sums = matrix_product(in[0], weights.weight(run).t()), constant = weights.bias(run);
    return constant.defined() ? sums + constant : sums;
  }};
}

void FullyConnected::take_trained(const TrainedValues& values) {
  take_trained_weights(*this, values);
}

}  // namespace flashcell::quant
