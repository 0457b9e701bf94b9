#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "quant_models/graph/layers.hpp"

// What slices, reshapes and transposes in a row come to, followed number by number.
namespace flashcell::quant {

/// 0, 1, 2, ... for every number of a value.
std::vector<int32_t> all_places(const Shape& shape);

/// The places of the layer's numbers from those of its input's. The layer is a Slice, Reshape or Transpose.
std::vector<int32_t> rearrange(const Layer& layer, const Shape& in, const Shape& out,
                               const std::vector<int32_t>& places);

/// Which channels of a 1 x C x H x W value the numbers are, in what order; none where they are not whole channels in
/// a value 1 x C' x H x W.
std::optional<std::vector<int>> chosen_channels(const std::vector<int32_t>& places, const Shape& from, const Shape& to);

}  // namespace flashcell::quant
