#include "quant_models/train/tuning.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>
#include <stdexcept>

#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/random.hpp"
#include "quant_models/train/answer_loss.hpp"
#include "quant_models/train/optimizer.hpp"
#include "quant_models/train/schedule.hpp"

namespace flashcell::quant {
namespace {

using Values = std::map<std::string, at::Tensor>;

// Of every channel over images and pixels.
at::Tensor distribution_loss(const at::Tensor& value, const at::Tensor& wanted) {
  const auto figures = [](const at::Tensor& x) {
    const at::Tensor channels = x.transpose(0, 1).flatten(1);
    return at::cat({channels.mean(1), channels.var(1, false).add(1e-8).sqrt()});
  };
  return error_share(figures(value), figures(wanted));
}

class Tuner {
 public:
  Tuner(const Graph& real, const Graph& start, std::span<const float> images, int64_t count,
        const TuningOptions& options, const TuningHooks& hooks)
      : real_graph_(remove_output_tail(real)),
        graph_(remove_output_tail(start)),
        real_(real_graph_),
        network_(graph_),
        optimizer_(network_.parameters(), 0),
        images_(images),
        count_(count),
        options_(options),
        hooks_(hooks) {}

  double step(int step) {
    const at::Tensor input = draw(step);
    Values wanted;
    at::Tensor answer;
    {
      const at::NoGradGuard no_gradients;
      std::vector<at::Tensor> fixed;
      for (const Parameter& p : real_.parameters()) fixed.push_back(p.value);
      answer = real_.forward(input, fixed, nullptr, keep(real_graph_, wanted));
    }
    std::vector<at::Tensor> leaves;
    for (const Parameter& p : network_.parameters()) leaves.push_back(p.value.detach().requires_grad_());
    const TuningStep now{network_.parameters(), leaves, static_cast<double>(step) / options_.steps};
    Values values;
    const std::vector<at::Tensor> used = hooks_.view ? hooks_.view(now) : leaves;
    const at::Tensor output = network_.forward(input, used, nullptr, keep(graph_, values));
    at::Tensor loss = answer_loss(output, answer, options_.temperature);
    for (const auto& [name, value] : values)
      loss = loss + error_share(value, wanted.at(name)) + distribution_loss(value, wanted.at(name));
    if (hooks_.penalty) loss = loss + hooks_.penalty(now);
    const auto reached = loss.item<double>();
    if (!std::isfinite(reached))
      throw ModelError("tuning: the loss is no longer finite in step " + std::to_string(step) +
                       "; take a lower learning rate");
    const auto gradients = torch::autograd::grad({loss}, leaves, {}, c10::nullopt, false, true);
    update(gradients, step);
    return reached;
  }

  // The graph that was given, with the parameters' present values.
  Graph result(Graph start) const {
    const Graph trained = network_.trained();
    for (const NodeId id : trained.order()) start.replace(id, trained.node(id).layer);
    return start;
  }

 private:
  TorchObserver keep(const Graph& graph, Values& values) const {
    return [this, &graph, &values](NodeId node, at::Tensor& value) {
      const std::string& name = graph.node(node).name;
      if (std::find(hooks_.alike.begin(), hooks_.alike.end(), name) != hooks_.alike.end()) values[name] = value;
    };
  }

  at::Tensor image(uint64_t index) const {
    const auto each = static_cast<int64_t>(images_.size()) / count_;
    Shape shape = graph_.node(graph_.inputs()[0]).shape;
    shape[0] = 1;
    return at::from_blob(const_cast<float*>(images_.data()) + static_cast<int64_t>(index) * each,
                         at::IntArrayRef(shape));
  }

  at::Tensor draw(int step) const {
    Random random(options_.seed, {static_cast<uint64_t>(step)});
    std::vector<at::Tensor> batch;
    for (int64_t i = 0; i < options_.batch; ++i) {
      at::Tensor x = image(random.below(static_cast<uint64_t>(count_)));
      const bool mixed = random.uniform() < 0.5;
      const double share = random.uniform();
      const uint64_t other = random.below(static_cast<uint64_t>(count_));
      batch.push_back(mixed ? x * share + image(other) * (1 - share) : x);
    }
    return at::cat(batch);
  }

  void update(std::vector<at::Tensor> gradients, int step) {
    const at::NoGradGuard no_gradients;
    for (size_t i = 0; i < gradients.size(); ++i)
      if (!gradients[i].defined()) gradients[i] = at::zeros_like(network_.parameters()[i].value);
    optimizer_.update(network_.parameters(), gradients, learning_rate(options_.learning_rate, step, options_.steps, 0),
                      step);
  }

  Graph real_graph_, graph_;
  TorchNetwork real_, network_;
  AdamW optimizer_;
  std::span<const float> images_;
  int64_t count_;
  const TuningOptions& options_;
  const TuningHooks& hooks_;
};

}  // namespace

Graph tune(const Graph& real, const Graph& start, std::span<const float> images, int64_t count,
           const TuningOptions& options, const TuningHooks& hooks,
           const std::function<void(int step, double loss)>& progress) {
  if (count < 1 || options.steps < 1 || options.batch < 1 || !(options.learning_rate > 0))
    throw std::invalid_argument("tuning needs images, steps, a batch and a learning rate");
  Tuner tuner(real, start, images, count, options, hooks);
  for (int step = 0; step < options.steps; ++step) {
    const double loss = tuner.step(step);
    if (progress) progress(step, loss);
  }
  return tuner.result(start);
}

}  // namespace flashcell::quant
