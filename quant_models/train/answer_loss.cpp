#include "quant_models/train/answer_loss.hpp"

namespace flashcell::quant {

at::Tensor error_share(const at::Tensor& value, const at::Tensor& wanted) {
  return (value - wanted).square().mean() / wanted.square().mean().clamp_min(1e-12);
}

at::Tensor answer_loss(const at::Tensor& output, const at::Tensor& wanted, double temperature) {
  if (output.dim() != 2 || output.size(1) < 2) return error_share(output, wanted);
  const at::Tensor target = (wanted / temperature).log_softmax(1);
  const at::Tensor own = (output / temperature).log_softmax(1);
  return (target.exp() * (target - own)).sum(1).mean() * (temperature * temperature);
}

}  // namespace flashcell::quant
