#pragma once
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Whether a value or weight of the graph is stored as integers.
bool is_quantized(const Graph& graph);

/// The graph in real numbers: weights are the numbers that their integers stand for, values are not rounded.
Graph without_quantization(Graph graph);

}  // namespace flashcell::quant
