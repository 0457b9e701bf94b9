#include "quant_models/graph/pieces.hpp"
#include "quant_models/graph/simplify.hpp"

namespace flashcell::quant {
namespace {

// A value times one number.
std::optional<WithNumbers> scaled(const Graph& graph, NodeId id) {
  const auto found = with_numbers<Multiply>(graph, id);
  const bool fits =
      found && found->numbers->values.size() == 1 && graph.node(found->value).shape == graph.node(id).shape;
  return fits ? found : std::nullopt;
}

// The factor behind layers that only move what it gives, where nothing else reads it.
std::optional<NodeId> factor_before(const Graph& graph, NodeId id) {
  while (has_one_reader(graph, id) && only_moves(graph.node(id).layer)) id = graph.node(id).inputs[0];
  return has_one_reader(graph, id) && scaled(graph, id) ? std::optional(id) : std::nullopt;
}

void take_out(Graph& graph, NodeId factor) {
  const NodeId value = scaled(graph, factor)->value;
  graph.replace(factor, pass_through(graph.node(factor).shape.size()), {value});
  graph.remove(factor);
}

}  // namespace

Graph fuse_product_scale(Graph graph) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    if (!is_plain<Product>(graph, id)) continue;
    Product product = std::get<Product>(graph.node(id).layer);
    const std::vector<NodeId> read = graph.node(id).inputs;
    for (const size_t input : {0U, 1U}) {
      if (read[0] == read[1]) break;  // a factor would count twice
      while (const auto factor = factor_before(graph, graph.node(id).inputs[input])) {
        product.scale *= scaled(graph, *factor)->numbers->values[0];
        take_out(graph, *factor);
      }
    }
    const std::vector<NodeId> inputs = graph.node(id).inputs;
    NodeId last = id;
    while (has_one_reader(graph, last)) {
      const NodeId reader = graph.readers(last)[0];
      const Node& node = graph.node(reader);
      const Tensor* numbers = std::holds_alternative<Multiply>(node.layer) && node.shape == graph.node(id).shape
                                  ? fixed_numbers(graph, node.inputs[node.inputs[0] == last ? 1 : 0])
                                  : nullptr;
      if (numbers == nullptr || numbers->values.size() != 1) break;
      product.scale *= numbers->values[0];
      last = reader;
    }
    if (product != std::get<Product>(graph.node(id).layer)) graph.replace(last, product, inputs);
  }
  graph.remove_unused();
  return graph;
}

}  // namespace flashcell::quant
