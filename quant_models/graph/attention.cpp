#include "quant_models/graph/attention.hpp"

#include <optional>

namespace flashcell::quant {
namespace {

bool is_product(const Graph& graph, NodeId id) {
  return std::holds_alternative<Product>(graph.node(id).layer);
}

// The one input that is no constant, of a layer that changes each number by itself or only moves it.
std::optional<NodeId> passed_on(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const bool passes = only_moves(node.layer) || std::holds_alternative<Add>(node.layer) ||
                      std::holds_alternative<Multiply>(node.layer) || std::holds_alternative<Divide>(node.layer);
  if (!passes) return std::nullopt;
  std::optional<NodeId> found;
  for (const NodeId input : node.inputs) {
    if (std::holds_alternative<Constant>(graph.node(input).layer)) continue;
    if (found) return std::nullopt;
    found = input;
  }
  return found;
}

std::optional<NodeId> product_before(const Graph& graph, NodeId id) {
  for (std::optional<NodeId> at = graph.node(id).inputs.at(0); at; at = passed_on(graph, *at))
    if (is_product(graph, *at)) return at;
  return std::nullopt;
}

// The product whose first matrix comes from `id`.
std::optional<NodeId> product_behind(const Graph& graph, NodeId id) {
  for (const NodeId reader : graph.readers(id)) {
    if (is_product(graph, reader)) {
      if (graph.node(reader).inputs[0] == id) return reader;
    } else if (passed_on(graph, reader) == id) {
      if (const std::optional<NodeId> found = product_behind(graph, reader)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<Attention> find_attentions(const Graph& graph) {
  std::vector<Attention> attentions;
  for (const NodeId id : graph.order()) {
    if (!std::holds_alternative<Softmax>(graph.node(id).layer)) continue;
    const std::optional<NodeId> scores = product_before(graph, id), output = product_behind(graph, id);
    if (scores && output) attentions.push_back({*scores, id, *output});
  }
  return attentions;
}

NodeId origin_of(const Graph& graph, NodeId id) {
  while (only_moves(graph.node(id).layer)) {
    const NodeId input = graph.node(id).inputs[0];
    if (graph.readers(input).size() > 1 || graph.is_output(input)) break;
    id = input;
  }
  return id;
}

}  // namespace flashcell::quant
