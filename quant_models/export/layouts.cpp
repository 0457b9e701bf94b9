#include "quant_models/export/layouts.hpp"

#include <numeric>

#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {

Extents extents_of(const Shape& shape, Layout layout) {
  const auto side = [&](size_t d) { return static_cast<int>(shape[d]); };
  if (layout == Layout::image) return {side(2), side(3), side(1)};
  Extents extents;
  const size_t rank = shape.size();
  if (rank > 0) extents.channels = side(rank - 1);
  if (rank > 3) extents.width = side(rank - 2);
  for (size_t d = 0; d + (rank > 3 ? 2 : 1) < rank; ++d) extents.height *= side(d);
  return extents;
}

std::vector<int64_t> memory_places(const Shape& shape, Layout layout) {
  std::vector<int64_t> places(static_cast<size_t>(element_count(shape)));
  std::iota(places.begin(), places.end(), 0);
  if (layout == Layout::rows) return places;
  const int64_t channels = shape[1], columns = shape[3];
  for_each_offset(shape, {0, 1, columns * channels, channels},
                  [&](int64_t i, int64_t offset) { places[static_cast<size_t>(i)] = offset; });
  return places;
}

std::optional<AffinePlaces> affine_places(const std::vector<int64_t>& places, const Shape& shape) {
  AffinePlaces affine{places[0], std::vector<int64_t>(shape.size(), 0)};
  const std::vector<int64_t> steps = strides_of(shape);
  for (size_t d = 0; d < shape.size(); ++d)
    if (shape[d] > 1) affine.strides[d] = places[static_cast<size_t>(steps[d])] - affine.first;
  bool sound = affine.first >= 0;
  for (const int64_t stride : affine.strides) sound = sound && stride >= 0;
  for_each_offset(shape, affine.strides, [&](int64_t i, int64_t offset) {
    sound = sound && places[static_cast<size_t>(i)] == affine.first + offset;
  });
  return sound ? std::optional(std::move(affine)) : std::nullopt;
}

}  // namespace flashcell::quant
