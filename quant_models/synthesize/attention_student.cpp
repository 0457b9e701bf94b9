#include "quant_models/synthesize/attention_student.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "quant_models/quantize/post_training.hpp"

namespace flashcell::quant {
namespace {

constexpr double kLearningRate = 1e-4;

Graph with_few_bits(const Graph& graph, int bits) {
  PostTrainingOptions options;
  options.weights.bits = bits;
  options.weights.calibrator = Calibrator::mse;
  return quantize_weights(graph, options);
}

std::vector<at::Tensor> values_of(const TorchNetwork& network, bool with_gradients) {
  std::vector<at::Tensor> values;
  for (const Parameter& p : network.parameters()) values.push_back(p.value.detach().requires_grad_(with_gradients));
  return values;
}

}  // namespace

AttentionStudent::AttentionStudent(const Teacher& teacher, int bits)
    : teacher_(teacher), network_(with_few_bits(teacher.graph(), bits)), optimizer_(network_.parameters(), 0) {}

at::Tensor AttentionStudent::disagreement(const at::Tensor& images, const at::Tensor& real) const {
  const at::Tensor own = network_.forward(images, values_of(network_, false), nullptr).flatten(1);
  if (teacher_.classes() > 0) return (real.softmax(1) - own.softmax(1)).abs().sum(1).mean();
  return ((real - own).abs().sum(1) / real.abs().sum(1).clamp_min(1e-8)).mean();
}

void AttentionStudent::learn(const at::Tensor& images) {
  const at::Tensor real = teacher_.output(images).detach();
  const std::vector<at::Tensor> parameters = values_of(network_, true);
  const at::Tensor own = network_.forward(images, parameters, nullptr).flatten(1);
  const at::Tensor loss = teacher_.classes() > 0
                              ? (real.softmax(1) * (real.log_softmax(1) - own.log_softmax(1))).sum(1).mean()
                              : (real - own).square().mean();
  const std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, parameters, {}, {}, false, true);
  optimizer_.update(network_.parameters(), gradients, kLearningRate, step_++);
}

}  // namespace flashcell::quant
