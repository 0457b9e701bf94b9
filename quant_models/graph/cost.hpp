#pragma once
#include <cstdint>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// What a node costs for one run of the graph at its own batch size.
struct Cost {
  int64_t macs = 0;            ///< multiply-accumulates
  int64_t parameters = 0;      ///< numbers in weights, biases, batch normalization and constants
  int64_t parameter_bits = 0;  ///< their memory: quantized weights at their bits, biases 32, all else 32
  int64_t value_bits = 0;      ///< memory of the node's value: quantized at its bits, else 32 each
};

Cost cost(const Graph& graph, NodeId node);

/// Sums over the nodes; value_bits: the most that is alive at once when nodes run in the graph's order (inputs,
/// outputs and values still to be read; views share their input's memory).
Cost total_cost(const Graph& graph);

}  // namespace flashcell::quant
