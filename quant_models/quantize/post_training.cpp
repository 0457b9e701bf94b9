#include "quant_models/quantize/post_training.hpp"

#include "quant_models/graph/simplify.hpp"

namespace flashcell::quant {
namespace {

// Activations that a kernel applies to its sums before they are stored.
bool is_fused(const Layer& layer) {
  const Activation* a = std::get_if<Activation>(&layer);
  return a != nullptr &&
         (a->kind == ActivationKind::relu || a->kind == ActivationKind::clip || a->kind == ActivationKind::leaky_relu);
}

bool is_stored(const Graph& graph, NodeId id, const PostTrainingOptions& options) {
  const Layer& layer = graph.node(id).layer;
  if (options.places == Places::after_activations) return std::holds_alternative<Activation>(layer);
  if (std::holds_alternative<Input>(layer)) return options.quantize_input;
  const std::vector<NodeId> readers = graph.readers(id);
  const bool summed = weight_of(layer) != nullptr || std::holds_alternative<Add>(layer) ||
                      std::holds_alternative<BatchNormalization>(layer);
  return !(summed && readers.size() == 1 && is_fused(graph.node(readers[0]).layer) && !graph.is_output(id));
}

std::vector<NodeId> weighted_nodes(const Graph& graph) {
  std::vector<NodeId> weighted;
  for (const NodeId id : graph.order())
    if (weight_of(graph.node(id).layer) != nullptr) weighted.push_back(id);
  return weighted;
}

}  // namespace

Graph quantize_weights(Graph graph, const PostTrainingOptions& options) {
  const std::vector<NodeId> weighted = weighted_nodes(graph);
  for (const NodeId id : weighted) {
    Layer layer = graph.node(id).layer;
    WeightOptions weights = options.weights;
    const bool edge = id == weighted.front() || id == weighted.back();
    if (edge && options.edge_weight_bits > 0) weights.bits = options.edge_weight_bits;
    *weight_quantization_of(layer) = calibrate_weights(*weight_of(layer), weights);
    graph.replace(id, std::move(layer));
  }
  return graph;
}

Graph quantize_values(Graph graph, const std::map<NodeId, Statistics>& statistics, const PostTrainingOptions& options) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    const Node& n = graph.node(id);
    if (only_moves(n.layer)) {
      graph.set_quantization(id, graph.node(n.inputs[0]).quantization);
    } else if (is_stored(graph, id, options)) {
      graph.set_quantization(id, calibrate(statistics.at(id), options.activations));
    }
  }
  return graph;
}

Graph quantize_post_training(const Graph& graph, std::span<const float> images, int64_t count,
                             const PostTrainingOptions& options) {
  const Graph simple = simplify(graph);
  return quantize_values(quantize_weights(simple, options), collect_statistics(simple, images, count), options);
}

}  // namespace flashcell::quant
