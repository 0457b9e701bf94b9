#include "quant_models/graph/shared_weights.hpp"

namespace flashcell::quant {

std::string module_of(const std::string& node) {
  return node.substr(0, node.find_first_of(".@"));
}

std::string_view shared_name(std::string_view node) {
  return node.substr(0, node.find('@'));
}

NodeId weight_owner(const Graph& graph, NodeId node) {
  const Node& own = graph.node(node);
  const std::string_view name = shared_name(own.name);
  if (name.size() == own.name.size()) return node;
  for (const NodeId id : graph.order()) {
    if (id == node) break;
    const Node& other = graph.node(id);
    if (other.name.size() > name.size() && shared_name(other.name) == name && other.layer == own.layer) return id;
  }
  return node;
}

int64_t distinct_weights(const Graph& graph) {
  int64_t count = 0;
  for (const NodeId id : graph.order()) {
    const Tensor* weight = weight_of(graph.node(id).layer);
    if (weight != nullptr && weight_owner(graph, id) == id) count += static_cast<int64_t>(weight->values.size());
  }
  return count;
}

}  // namespace flashcell::quant
