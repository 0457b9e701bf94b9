#include "quant_models/quantize/residual_stream.hpp"

#include <algorithm>

namespace flashcell::quant {
namespace {

bool is_fixed(const Graph& graph, NodeId id) {
  return std::holds_alternative<Constant>(graph.node(id).layer);
}

bool is_residual_sum(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return std::holds_alternative<Add>(node.layer) &&
         std::none_of(node.inputs.begin(), node.inputs.end(), [&](NodeId input) { return is_fixed(graph, input); });
}

// The value and, where it only moves, joins or shifts others, those as well.
void collect(const Graph& graph, NodeId id, std::set<NodeId>& stream) {
  if (!stream.insert(id).second) return;
  const Layer& layer = graph.node(id).layer;
  if (!only_moves(layer) && !std::holds_alternative<Concat>(layer) && !std::holds_alternative<Add>(layer)) return;
  for (const NodeId input : graph.node(id).inputs) collect(graph, input, stream);
}

}  // namespace

std::set<NodeId> residual_stream(const Graph& graph) {
  std::set<NodeId> stream;
  for (const NodeId id : graph.order())
    if (is_residual_sum(graph, id)) collect(graph, id, stream);
  std::erase_if(stream, [&](NodeId id) { return std::holds_alternative<Input>(graph.node(id).layer); });
  return stream;
}

}  // namespace flashcell::quant
