#pragma once
#include <optional>

#include "quant_models/graph/graph.hpp"

// Reading what exporters spell in several nodes.
namespace flashcell::quant {

/// The fixed numbers of a node; null where it is none, or quantized.
const Tensor* fixed_numbers(const Graph& graph, NodeId id);

/// The fixed number of a node that has but one.
std::optional<double> fixed_number(const Graph& graph, NodeId id);

/// Whether a value is what the layer gives, without quantization.
template <class Kind>
bool is_plain(const Graph& graph, NodeId id) {
  return std::holds_alternative<Kind>(graph.node(id).layer) && !graph.node(id).quantization;
}

/// A sum with, or product by, fixed numbers: the other input and them.
struct WithNumbers {
  NodeId value = 0;
  const Tensor* numbers = nullptr;
};
template <class Kind>
std::optional<WithNumbers> with_numbers(const Graph& graph, NodeId id) {
  if (!is_plain<Kind>(graph, id)) return std::nullopt;
  const std::vector<NodeId>& inputs = graph.node(id).inputs;
  for (const size_t i : {1U, 0U})
    if (const Tensor* numbers = fixed_numbers(graph, inputs[i])) return WithNumbers{inputs[1 - i], numbers};
  return std::nullopt;
}

/// Whether nothing but one node sees the value, as it is.
bool has_one_reader(const Graph& graph, NodeId id);

}  // namespace flashcell::quant
