#include "quant_models/train/train_ternary.hpp"

#include <algorithm>
#include <set>

#include "quant_models/quantize/post_training.hpp"

namespace flashcell::quant {
namespace {

// What ternary_quantization() makes of a weight, as a constant.
at::Tensor ternary_of(const at::Tensor& weight, const TernaryOptions& options) {
  const at::Tensor w = weight.detach();
  const at::Tensor rows = options.per_channel ? w.flatten(1) : w.flatten().unsqueeze(0), magnitude = rows.abs();
  at::Tensor scale = magnitude.mean(1, true);
  for (int i = 0; options.scale == TernaryScale::fitted && i < kTernaryIterations; ++i) {
    const at::Tensor taken = magnitude.ge(scale / 2).to(magnitude.scalar_type());
    scale = (magnitude * taken).sum(1, true) / taken.sum(1, true).clamp_min(1);
  }
  scale = scale.clamp_min(1e-12);
  return ((rows / scale + 0.5).floor().clamp(-1, 1) * scale).reshape(w.sizes());
}

/// Which parameters are weights that become ternary.
std::set<std::string> ternary_weights(const Graph& graph, bool keep_edges) {
  std::vector<NodeId> kept;
  if (keep_edges) kept = edge_layers(graph);
  std::set<std::string> names;
  for (const NodeId id : graph.order())
    if (weight_of(graph.node(id).layer) != nullptr && std::find(kept.begin(), kept.end(), id) == kept.end())
      names.insert(graph.node(id).name + "/weight");
  return names;
}

}  // namespace

Graph train_ternary(const Graph& real, std::span<const float> images, int64_t count,
                    const TernaryTrainingOptions& options, const std::function<void(int step, double loss)>& progress) {
  const std::set<std::string> weights = ternary_weights(real, options.ternary.keep_edges);
  TuningHooks hooks;
  if (options.method == TernaryTraining::ease_in) {
    hooks.view = [&](const TuningStep& step) {
      const double share = std::min(2 * step.progress, 1.0);
      std::vector<at::Tensor> used = step.leaves;
      for (size_t i = 0; i < used.size(); ++i)
        if (weights.contains(step.parameters[i].name))
          used[i] = used[i] + share * (ternary_of(used[i], options.ternary) - used[i].detach());
      return used;
    };
  } else {
    hooks.penalty = [&](const TuningStep& step) {
      at::Tensor sum = at::zeros({});
      for (size_t i = 0; i < step.leaves.size(); ++i) {
        if (!weights.contains(step.parameters[i].name)) continue;
        const at::Tensor& w = step.leaves[i];
        sum = sum + (w - ternary_of(w, options.ternary)).square().sum() / w.detach().square().sum().clamp_min(1e-12);
      }
      return sum * (options.pull * step.progress * step.progress);
    };
  }
  return tune(real, real, images, count, options.tuning, hooks, progress);
}

}  // namespace flashcell::quant
