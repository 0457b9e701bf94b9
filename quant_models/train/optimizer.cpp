#include "quant_models/train/optimizer.hpp"

#include <cmath>

namespace flashcell::quant {

AdamW::AdamW(const std::vector<Parameter>& parameters, double weight_decay, double beta1)
    : weight_decay_(weight_decay), beta1_(beta1) {
  for (const Parameter& p : parameters)
    for (int moment = 0; moment < 2; ++moment) state_.push_back(at::zeros_like(p.value));
}

void AdamW::update(std::vector<Parameter>& parameters, std::span<const at::Tensor> gradients, double learning_rate,
                   int64_t step) {
  constexpr double kBeta2 = 0.999, kEpsilon = 1e-8;
  const double bias1 = 1 - std::pow(beta1_, static_cast<double>(step + 1));
  const double bias2 = 1 - std::pow(kBeta2, static_cast<double>(step + 1));
  for (size_t i = 0; i < parameters.size(); ++i) {
    at::Tensor &value = parameters[i].value, &mean = state_[2 * i], &square = state_[2 * i + 1];
    mean.mul_(beta1_).add_(gradients[i], 1 - beta1_);
    square.mul_(kBeta2).addcmul_(gradients[i], gradients[i], 1 - kBeta2);
    if (parameters[i].decays) value.mul_(1 - learning_rate * weight_decay_);
    value.addcdiv_(mean, (square / bias2).sqrt_().add_(kEpsilon), -learning_rate / bias1);
  }
}

}  // namespace flashcell::quant
