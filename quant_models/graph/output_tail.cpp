#include "quant_models/graph/output_tail.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace flashcell::quant {
namespace {

bool is_function(const Layer& layer) {
  const Activation* a = std::get_if<Activation>(&layer);
  return std::holds_alternative<Softmax>(layer) ||
         (a != nullptr && (a->kind == ActivationKind::sigmoid || a->kind == ActivationKind::tanh));
}

bool is_arrangement(const Node& node) {
  return std::holds_alternative<Transpose>(node.layer) ||
         (std::holds_alternative<Reshape>(node.layer) && node.shape.size() != 2);
}

// Layers that only change which number stands where.
bool moves_or_joins(const Layer& layer) {
  return std::holds_alternative<Transpose>(layer) || std::holds_alternative<Reshape>(layer) ||
         std::holds_alternative<Slice>(layer) || std::holds_alternative<Concat>(layer);
}

/// Decides from the outputs towards the inputs, each node after all of its readers.
class Tail {
 public:
  explicit Tail(const Graph& graph) : graph_(graph) {
    for (const Output& output : graph.outputs())
      if (graph.readers(output.node).empty()) visit(output.node);
  }

  bool contains(NodeId id) const {
    const auto found = in_tail_.find(id);
    return found != in_tail_.end() && found->second;
  }

 private:
  // Whether the node belongs to the tail: so does all that reads it, and it ends in a function or an arrangement.
  bool visit(NodeId id) {
    if (const auto found = in_tail_.find(id); found != in_tail_.end()) return found->second;
    const Node& node = graph_.node(id);
    in_tail_[id] = is_function(node.layer) || is_arrangement(node);
    if (!in_tail_[id] && !moves_or_joins(node.layer)) return false;
    bool below = false;
    for (const NodeId input : node.inputs)
      if (read_by_one(input)) below |= visit(input);
    return in_tail_[id] = in_tail_[id] || below;
  }

  bool read_by_one(NodeId id) const { return graph_.readers(id).size() == 1 && !graph_.is_output(id); }

  const Graph& graph_;
  std::map<NodeId, bool> in_tail_;
};

// The values that the tail reads to make `id`, first to last.
void find_heads(const Graph& graph, const Tail& tail, NodeId id, std::vector<NodeId>& heads) {
  if (!tail.contains(id)) {
    heads.push_back(id);
  } else {
    for (const NodeId input : graph.node(id).inputs) find_heads(graph, tail, input, heads);
  }
}

}  // namespace

std::vector<NodeId> output_tail(const Graph& graph) {
  const Tail tail(graph);
  std::vector<NodeId> nodes;
  std::copy_if(graph.order().begin(), graph.order().end(), std::back_inserter(nodes),
               [&](NodeId id) { return tail.contains(id); });
  return nodes;
}

Graph remove_output_tail(Graph graph) {
  const Tail tail(graph);
  const std::vector<Output> outputs = graph.outputs();
  std::vector<Output> heads;
  for (const Output& output : outputs) {
    std::vector<NodeId> nodes;
    find_heads(graph, tail, output.node, nodes);
    for (const NodeId node : nodes) heads.push_back({nodes.size() == 1 ? output.name : graph.node(node).name, node});
  }
  graph.remove_outputs();
  std::set<std::string> names;
  for (const Output& head : heads) {
    std::string name = head.name;
    for (int i = 2; !names.insert(name).second; ++i) name = head.name + "_" + std::to_string(i);
    graph.add_output(name, head.node);
  }
  graph.remove_unused();
  return graph;
}

}  // namespace flashcell::quant
