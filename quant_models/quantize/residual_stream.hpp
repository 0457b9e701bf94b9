#pragma once
#include <set>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// The values of a network's residual streams: what sums of two computed values give and read, and what those are made
/// of by moving, joining, or adding fixed numbers (a class token, positions). Errors of storing it add up from block to
/// block, which is why transformers of integers give it more bits (Li and Gu, I-ViT, ICCV 2023: 16).
std::set<NodeId> residual_stream(const Graph& graph);

}  // namespace flashcell::quant
