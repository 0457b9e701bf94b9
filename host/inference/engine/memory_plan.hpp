#pragma once
#include <cstddef>
#include <vector>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host::inference {

/// Where tensors lie in one piece of memory.
struct MemoryPlan {
  std::vector<size_t> offsets;  ///< one a tensor
  size_t bytes = 0;
};

/// Tensors of so many bytes each; those that may share memory do with others that are not needed at the same time, also
/// if the engine runs layers together (find_chains(), write_into_concatenations()). Largest first, each at the lowest
/// place that is free.
MemoryPlan plan_memory(const quant::PackedModel& model, const std::vector<size_t>& bytes,
                       const std::vector<bool>& may_share);

}  // namespace flashcell::host::inference
