#include "quant_models/graph/unquantized.hpp"

#include <algorithm>

namespace flashcell::quant {

bool is_quantized(const Graph& graph) {
  return std::any_of(graph.order().begin(), graph.order().end(), [&](NodeId id) {
    const auto* weights = weight_quantization_of(graph.node(id).layer);
    return graph.node(id).quantization || (weights != nullptr && weights->has_value());
  });
}

Graph without_quantization(Graph graph) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    graph.set_quantization(id, std::nullopt);
    Layer layer = graph.node(id).layer;
    std::optional<Quantization>* weights = weight_quantization_of(layer);
    if (weights == nullptr || !*weights) continue;
    weights->reset();  // the weights are the numbers that their integers stand for
    graph.replace(id, std::move(layer));
  }
  return graph;
}

}  // namespace flashcell::quant
