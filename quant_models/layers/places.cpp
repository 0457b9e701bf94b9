#include "quant_models/layers/places.hpp"

#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {

std::vector<int32_t> walked_places(const Shape& out, int64_t first, const std::vector<int64_t>& steps,
                                   const std::vector<int32_t>& places) {
  std::vector<int32_t> moved(static_cast<size_t>(element_count(out)));
  for_each_offset(out, steps, [&](int64_t i, int64_t offset) {
    moved[static_cast<size_t>(i)] = places[static_cast<size_t>(first + offset)];
  });
  return moved;
}

}  // namespace flashcell::quant
