#include "quant_models/graph/pieces.hpp"

namespace flashcell::quant {

const Tensor* fixed_numbers(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Constant* constant = std::get_if<Constant>(&node.layer);
  return constant != nullptr && !node.quantization ? &constant->value : nullptr;
}

std::optional<double> fixed_number(const Graph& graph, NodeId id) {
  const Tensor* numbers = fixed_numbers(graph, id);
  if (numbers == nullptr || numbers->values.size() != 1) return std::nullopt;
  return double{numbers->values[0]};
}

bool has_one_reader(const Graph& graph, NodeId id) {
  return graph.readers(id).size() == 1 && !graph.is_output(id) && !graph.node(id).quantization;
}

}  // namespace flashcell::quant
