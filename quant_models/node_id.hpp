#pragma once
#include <cstdint>

namespace flashcell::quant {

/// Names a node of a graph, and the one value that it makes, for as long as the graph lives; never reused after a
/// removal.
using NodeId = int32_t;

}  // namespace flashcell::quant
