#include "quant_models/train/gradient_sensitivity.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>
#include <stdexcept>

#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/random.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {
namespace {

bool gives_scores(const at::Tensor& output) {
  return output.dim() == 2 && output.size(1) > 1;
}

at::Tensor loss_of(const at::Tensor& output) {
  if (!gives_scores(output)) return 0.5 * output.square().mean();
  return at::cross_entropy_loss(output, output.detach().argmax(1));
}

/// A pass through the network with what can be differentiated by.
struct Pass {
  at::Tensor output;
  std::vector<at::Tensor> weights, values;
  std::vector<NodeId> value_nodes;
};

class Network {
 public:
  Network(const Graph& graph, std::span<const float> images, int64_t count, const GradientOptions& options)
      : graph_(graph), network_(graph), images_(images), count_(count), options_(options) {
    if (count < 1 || options.batch < 1 || options.probes < 1)
      throw std::invalid_argument("gradient sensitivities need images, a batch and probes");
    for (const NodeId id : graph.order())
      if (weight_of(graph.node(id).layer) != nullptr) layers_.push_back(id);
    for (size_t i = 0; i < network_.parameters().size(); ++i)
      if (network_.parameters()[i].name.ends_with("/weight")) weights_.push_back(i);
    if (weights_.size() != layers_.size()) throw ModelError("a layer with weights has none that can be trained");
  }

  const std::vector<NodeId>& layers() const { return layers_; }
  int64_t batches() const { return (count_ + options_.batch - 1) / options_.batch; }

  Pass run(int64_t batch) const {
    const int64_t first = batch * options_.batch, now = std::min(options_.batch, count_ - first);
    Shape shape = graph_.node(graph_.inputs()[0]).shape;
    shape[0] = now;
    const auto each = static_cast<int64_t>(images_.size()) / count_;
    const at::Tensor input =
        at::from_blob(const_cast<float*>(images_.data()) + first * each, at::IntArrayRef(shape)).clone();
    std::vector<at::Tensor> parameters;
    for (const Parameter& p : network_.parameters()) parameters.push_back(p.value.detach().requires_grad_());
    Pass pass;
    pass.output = network_.forward(input, parameters, nullptr, [&](NodeId node, at::Tensor& value) {
      if (!value.requires_grad()) return;
      pass.values.push_back(value);
      pass.value_nodes.push_back(node);
    });
    for (const size_t i : weights_) pass.weights.push_back(parameters[i]);
    return pass;
  }

  // Every layer's weights drawn anew: variance 2 / (fan in + fan out), fans as Glorot and Bengio (2010) count them.
  void draw_weights() {
    const at::NoGradGuard no_gradients;
    for (size_t layer = 0; layer < weights_.size(); ++layer) {
      at::Tensor& weight = network_.parameters()[weights_[layer]].value;
      const auto taps = static_cast<double>(weight.numel() / (weight.size(0) * weight.size(1)));
      const double fans = taps * static_cast<double>(weight.size(0) + weight.size(1));
      Random random(options_.seed, {layer});
      float* numbers = weight.data_ptr<float>();
      for (int64_t i = 0; i < weight.numel(); ++i)
        numbers[i] = static_cast<float>(random.normal() * std::sqrt(2 / fans));
    }
  }

  const Graph& graph() const { return graph_; }
  std::vector<size_t> weights() const { return weights_; }

 private:
  const Graph& graph_;
  TorchNetwork network_;
  std::span<const float> images_;
  int64_t count_;
  const GradientOptions& options_;
  std::vector<NodeId> layers_;
  std::vector<size_t> weights_;  // places among the parameters
};

double mean_product(const at::Tensor& gradient, const at::Tensor& value) {
  return gradient.defined() ? (gradient * value.detach()).abs().mean().item<double>() : 0;
}

/// What is summed up of a layer's weights or a value over images.
struct Connection {
  double product = 0, square = 0;  // means of |g x| and of x^2

  void add(const at::Tensor& gradient, const at::Tensor& value, double share) {
    product += share * mean_product(gradient, value);
    square += share * value.detach().square().mean().item<double>();
  }
  double sensitivity() const { return square > 0 ? product / square : 0; }
};

// Image by image: gradients of several would cancel out.
Sensitivities connection(const Network& network) {
  std::map<std::string, Connection> weights, values;
  const auto share = 1.0 / static_cast<double>(network.batches());
  for (int64_t image = 0; image < network.batches(); ++image) {
    const Pass pass = network.run(image);
    std::vector<at::Tensor> by = pass.weights;
    by.insert(by.end(), pass.values.begin(), pass.values.end());
    const auto gradients = torch::autograd::grad({loss_of(pass.output)}, by, {}, c10::nullopt, false, true);
    for (size_t i = 0; i < pass.weights.size(); ++i)
      weights[network.graph().node(network.layers()[i]).name].add(gradients[i], pass.weights[i], share);
    for (size_t i = 0; i < pass.values.size(); ++i)
      values[network.graph().node(pass.value_nodes[i]).name].add(gradients[pass.weights.size() + i], pass.values[i],
                                                                 share);
  }
  Sensitivities s;
  double sum = 0;
  for (const auto& [name, c] : weights) sum += s.weights[name] = c.sensitivity();
  for (const auto& [name, c] : values) sum += s.values[name] = c.sensitivity();
  if (!(sum > 0) || !std::isfinite(sum)) throw ModelError("the network's gradients are 0 or not finite everywhere");
  for (auto* of : {&s.weights, &s.values})
    for (auto& [name, value] : *of) value /= sum;
  return s;
}

Sensitivities fresh_connection(Network& network) {
  Pass pass = network.run(0);
  const at::Tensor answers = pass.output.detach().argmax(1);
  network.draw_weights();
  pass = network.run(0);
  const at::Tensor loss = at::nll_loss(pass.output, answers);
  const auto gradients = torch::autograd::grad({loss}, pass.weights);
  Sensitivities s;
  for (size_t i = 0; i < pass.weights.size(); ++i)
    s.weights[network.graph().node(network.layers()[i]).name] = mean_product(gradients[i], pass.weights[i]);
  return s;
}

// 1 or -1, each in half of the cases.
at::Tensor signs_like(const at::Tensor& weight, Random& random) {
  at::Tensor signs = at::empty_like(weight);
  float* numbers = signs.data_ptr<float>();
  for (int64_t i = 0; i < signs.numel(); ++i) numbers[i] = (random.next() & 1) != 0 ? 1.0F : -1.0F;
  return signs;
}

Sensitivities hessian_trace(const Network& network, const GradientOptions& options) {
  std::vector<double> traces(network.layers().size(), 0);
  for (int64_t batch = 0; batch < network.batches(); ++batch) {
    const Pass pass = network.run(batch);
    const auto gradients = torch::autograd::grad({loss_of(pass.output)}, pass.weights, {}, true, true);
    for (int probe = 0; probe < options.probes; ++probe) {
      Random random(options.seed, {static_cast<uint64_t>(batch), static_cast<uint64_t>(probe)});
      std::vector<at::Tensor> signs;
      for (const at::Tensor& weight : pass.weights) signs.push_back(signs_like(weight.detach(), random));
      const auto products = torch::autograd::grad(gradients, pass.weights, signs, true, false, true);
      for (size_t i = 0; i < traces.size(); ++i)
        if (products[i].defined()) traces[i] += (products[i] * signs[i]).mean().item<double>();
    }
  }
  Sensitivities s;
  const auto all = static_cast<double>(network.batches() * options.probes);
  for (size_t i = 0; i < traces.size(); ++i)
    s.weights[network.graph().node(network.layers()[i]).name] = std::max(0.0, traces[i] / all);
  return s;
}

}  // namespace

Sensitivities gradient_sensitivities(const Graph& graph, std::span<const float> images, int64_t count,
                                     const GradientOptions& options) {
  const Graph heads = remove_output_tail(graph);
  GradientOptions used = options;
  if (options.measure == GradientMeasure::connection) used.batch = std::min<int64_t>(options.batch, 1);
  Network network(heads, images, count, used);
  switch (options.measure) {
    case GradientMeasure::connection:
      return connection(network);
    case GradientMeasure::fresh_connection:
      return fresh_connection(network);
    case GradientMeasure::hessian_trace:
      return hessian_trace(network, used);
  }
  throw std::invalid_argument("gradient sensitivities: no such measure");
}

}  // namespace flashcell::quant
