#include "quant_models/synthesize/layer_importance.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <numeric>

#include "quant_models/synthesize/torch_random.hpp"

namespace flashcell::quant {

std::vector<double> mean_hessian_traces(const std::function<at::Tensor(const std::vector<at::Tensor>&)>& loss,
                                        const std::vector<at::Tensor>& tensors, int samples, Random& random) {
  const std::vector<at::Tensor> slopes = torch::autograd::grad({loss(tensors)}, tensors, {}, true, true, true);
  std::vector<double> traces(tensors.size());
  for (int sample = 0; sample < samples; ++sample) {
    std::vector<at::Tensor> signs, depending, weights;
    for (size_t i = 0; i < tensors.size(); ++i) {
      signs.push_back(sign_tensor(tensors[i].sizes(), random));
      if (!slopes[i].defined() || !slopes[i].requires_grad()) continue;
      depending.push_back(slopes[i]);
      weights.push_back(signs.back());
    }
    if (depending.empty()) break;
    const std::vector<at::Tensor> products = torch::autograd::grad(depending, tensors, weights, true, false, true);
    for (size_t i = 0; i < tensors.size(); ++i)
      if (products[i].defined())
        traces[i] += (products[i] * signs[i]).mean().item<double>() / static_cast<double>(samples);
  }
  return traces;
}

std::vector<double> layer_importance(const Teacher& teacher, const at::Tensor& images, int samples, uint64_t seed) {
  const std::vector<int64_t> places = teacher.weights_before();
  std::vector<at::Tensor> leaves;
  std::vector<size_t> leaf_of(places.size(), places.size());
  const std::vector<Parameter>& all = teacher.network().parameters();
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] < 0) continue;
    leaf_of[i] = leaves.size();
    leaves.push_back(all[static_cast<size_t>(places[i])].value.detach().requires_grad_());
  }
  std::vector<double> importance(places.size(), 1.0);
  if (leaves.empty()) return importance;
  at::Tensor best;
  {
    const at::NoGradGuard no_gradients;
    best = teacher.output(images).argmax(1);
  }
  Random random(seed, {0x4e});
  const std::vector<double> traces = mean_hessian_traces(
      [&](const std::vector<at::Tensor>& weights) {
        std::vector<at::Tensor> parameters;
        for (const Parameter& p : all) parameters.push_back(p.value);
        for (size_t i = 0; i < places.size(); ++i)
          if (places[i] >= 0) parameters[static_cast<size_t>(places[i])] = weights[leaf_of[i]];
        const at::Tensor output = teacher.network().forward(images, parameters, nullptr).flatten(1);
        return at::cross_entropy_loss(output, best);
      },
      leaves, samples, random);
  double sum = 0;
  for (const double trace : traces) sum += std::max(trace, 0.0);
  if (!(sum > 0)) return importance;
  const double mean = sum / static_cast<double>(traces.size());
  for (size_t i = 0; i < places.size(); ++i)
    if (places[i] >= 0) importance[i] = std::max(traces[leaf_of[i]], 0.0) / mean;
  return importance;
}

}  // namespace flashcell::quant
