#include "quant_models/quantize/ternary.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "quant_models/quantize/post_training.hpp"

namespace flashcell::quant {

namespace {

// Mean of the magnitudes that are at least half the scale; the scale where there are none.
double mean_beyond_half(std::span<const float> weights, double scale) {
  double sum = 0;
  size_t count = 0;
  for (const float w : weights) {
    if (std::abs(w) < scale / 2) continue;
    sum += std::abs(w);
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : scale;
}

double scale_of(std::span<const float> weights, TernaryScale kind) {
  double scale = mean_beyond_half(weights, 0);
  for (int i = 0; kind == TernaryScale::fitted && i < kTernaryIterations; ++i) scale = mean_beyond_half(weights, scale);
  return scale > 0 ? scale : 1;
}

}  // namespace

Quantization ternary_quantization(const Tensor& weight, const TernaryOptions& options) {
  const size_t scales = options.per_channel ? static_cast<size_t>(weight.shape.at(0)) : 1;
  const size_t each = weight.values.size() / scales;
  std::vector<float> chosen;
  for (size_t s = 0; s < scales; ++s)
    chosen.push_back(static_cast<float>(scale_of(std::span(weight.values).subspan(s * each, each), options.scale)));
  return weight_quantization(2, std::move(chosen));
}

Graph quantize_ternary(Graph graph, const TernaryOptions& options) {
  std::vector<NodeId> kept;
  if (options.keep_edges) kept = edge_layers(graph);
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    if (weight_of(graph.node(id).layer) == nullptr || std::find(kept.begin(), kept.end(), id) != kept.end()) continue;
    Layer layer = graph.node(id).layer;
    *weight_quantization_of(layer) = ternary_quantization(*weight_of(layer), options);
    graph.replace(id, std::move(layer));
  }
  return graph;
}

}  // namespace flashcell::quant
