#pragma once
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// What detectors do to their predictions at the very end, which is easier done for the few that are looked at:
/// sigmoid, softmax and tanh that only outputs depend on, the layers that move or join numbers around them, and such as
/// bring images into another order (transposes, reshapes to other than one row). In the graph's order.
std::vector<NodeId> output_tail(const Graph& graph);

/// The graph without its tail: outputs are the values that the tail reads. One that stands for one value keeps its
/// name; of a joined one each part has its node's name. Sigmoid and softmax do not change which prediction is the
/// largest.
Graph remove_output_tail(Graph graph);

}  // namespace flashcell::quant
