#pragma once
#include <optional>
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// The only node that reads it; none where there are several, or where it is handed out.
inline std::optional<NodeId> only_reader(const Graph& graph, NodeId id) {
  const std::vector<NodeId> readers = graph.readers(id);
  return readers.size() == 1 && !graph.is_output(id) ? std::optional(readers[0]) : std::nullopt;
}

}  // namespace flashcell::quant
