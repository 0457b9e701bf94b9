#pragma once
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// A part of a network between two values that are all that passes there: a residual block, or a layer where nothing
/// goes around it.
struct Block {
  NodeId input = 0;   ///< not part of it
  NodeId output = 0;  ///< part of it
  bool operator==(const Block&) const = default;
};

/// The network's blocks in order, each with one layer with weights at least; together they hold all of these. Empty for
/// a graph without exactly one input and one output.
std::vector<Block> find_blocks(const Graph& graph);

/// The block alone: an input with the name and shape of the block's, then its nodes as they are, by their names. The
/// input's own quantization is left away: what is fed in has been through it.
Graph extract(const Graph& graph, const Block& block);

}  // namespace flashcell::quant
