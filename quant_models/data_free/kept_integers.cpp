#include "quant_models/data_free/kept_integers.hpp"

namespace flashcell::quant {

void KeptIntegers::take_gradients(std::vector<at::Tensor>& gradients) {
  log_scales_.clear();
  for (const TorchNetwork::QuantizedWeight& w : network_.quantized_weights()) {
    const at::Tensor& weight = network_.parameters()[w.parameter].value;
    at::Tensor &of_weight = gradients[w.parameter], &of_scale = gradients[w.log_scale];
    of_scale += (of_weight * weight).reshape({of_scale.numel(), -1}).sum(1);
    of_weight.zero_();
    log_scales_.push_back(network_.parameters()[w.log_scale].value.clone());
  }
}

void KeptIntegers::follow() {
  for (size_t i = 0; i < log_scales_.size(); ++i) {
    const TorchNetwork::QuantizedWeight& w = network_.quantized_weights()[i];
    at::Tensor& weight = network_.parameters()[w.parameter].value;
    std::vector<int64_t> shape(static_cast<size_t>(weight.dim()), 1);
    shape[0] = log_scales_[i].numel();
    weight.mul_((network_.parameters()[w.log_scale].value - log_scales_[i]).exp().reshape(shape));
  }
}

}  // namespace flashcell::quant
