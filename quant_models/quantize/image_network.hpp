#pragma once
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// The network as plans take it (plan.hpp), for what works with pictures of one input alone. Throws ModelError for a
/// network with several inputs, and what prepare_for_plan() throws.
Graph prepare_image_network(Graph graph);

}  // namespace flashcell::quant
