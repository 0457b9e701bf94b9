#pragma once
#include <string>
#include <string_view>

#include "quant_models/graph/graph.hpp"

// What names of nodes say. Layers that stand several times in a graph with the same weights, as a detector's head at
// every level of a pyramid, are called "head@3", "head@4", ...: the same name up to '@'.
namespace flashcell::quant {

/// The part of a network that a node belongs to: its name up to the first '.' or '@'.
std::string module_of(const std::string& node);

/// The name up to '@'; all of it where there is none.
std::string_view shared_name(std::string_view node);

/// The first node, in the graph's order, whose weights are this node's: one of the same shared_name() with an equal
/// layer; the node itself where there is none before it.
NodeId weight_owner(const Graph& graph, NodeId node);

/// Weights of convolutions and fully connected layers (biases and batch normalization are none of them), in number;
/// those that several nodes share count once.
int64_t distinct_weights(const Graph& graph);

}  // namespace flashcell::quant
