#pragma once
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Attention of a transformer: a product of two values, a softmax of it, and the product of that with a third value.
struct Attention {
  NodeId scores = 0;   ///< queries times keys
  NodeId softmax = 0;  ///< weights of the tokens, each row a sum of 1
  NodeId output = 0;   ///< weights times values: ... x heads x tokens x D
  bool operator==(const Attention&) const = default;
};

/// All of them in the graph's order, found by that structure whatever nodes are called; between the three there may be
/// sums and products with constants, and layers that only move numbers.
std::vector<Attention> find_attentions(const Graph& graph);

/// The node that makes the numbers which `node` hands on: from layers that only move them, back to the first whose
/// value something else reads as well.
NodeId origin_of(const Graph& graph, NodeId node);

}  // namespace flashcell::quant
