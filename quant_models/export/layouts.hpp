#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/packed/model_builder.hpp"

// Where a value's numbers lie in the engine's tensor, and which places follow from strides.
namespace flashcell::quant {

/// The engine's tensor for a value: an image 1 x C x H x W; or rows, the last dimension the channels.
Extents extents_of(const Shape& shape, Layout layout);

/// For every number of a value in the graph's order its place in the tensor.
std::vector<int64_t> memory_places(const Shape& shape, Layout layout);

/// Places as first + sum of index * stride; a stride of 0 where the extent is 1.
struct AffinePlaces {
  int64_t first = 0;
  std::vector<int64_t> strides;  ///< one a dimension
};

/// The strides that give these places of a value's numbers, none below 0; none where there are no such, or where a
/// number comes from nowhere.
std::optional<AffinePlaces> affine_places(const std::vector<int64_t>& places, const Shape& shape);

}  // namespace flashcell::quant
