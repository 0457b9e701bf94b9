#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "quant_models/tensor/tensor.hpp"

// Walking over the numbers of a value.
namespace flashcell::quant {

/// A shape seen from one dimension: outer x extent x inner.
struct AxisView {
  int64_t outer = 1, extent = 1, inner = 1;

  AxisView(const Shape& shape, size_t axis);
};

/// Distance in memory between neighbours along each dimension.
std::vector<int64_t> strides_of(const Shape& shape);

/// Calls visit(out index, offset) for every index of `shape` in order, offset = sum of index * stride.
template <class Visit>
void for_each_offset(const Shape& shape, const std::vector<int64_t>& strides, Visit visit) {
  const int64_t count = element_count(shape);
  std::array<int64_t, kMaxRank> index{};
  int64_t offset = 0;
  for (int64_t i = 0; i < count; ++i) {
    visit(i, offset);
    for (size_t dimension = shape.size(); dimension-- > 0;) {
      offset += strides[dimension];
      if (++index[dimension] < shape[dimension]) break;
      offset -= strides[dimension] * shape[dimension];
      index[dimension] = 0;
    }
  }
}

}  // namespace flashcell::quant
