#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/tensor/tensor.hpp"

// Following the numbers of a value through layers that only change where they stand.
namespace flashcell::quant {

/// Stands for a number that comes from nowhere: a pad's 0.
inline constexpr int32_t kNowhere = -1;

/// For every number of `out`, in order, places[first + the sum of its index times `steps`].
std::vector<int32_t> walked_places(const Shape& out, int64_t first, const std::vector<int64_t>& steps,
                                   const std::vector<int32_t>& places);

}  // namespace flashcell::quant
