#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "quant_models/layers/layer.hpp"
#include "quant_models/packed/model_builder.hpp"

// What slices, pads, reshapes and transposes in a row come to, followed number by number.
namespace flashcell::quant {

/// Stands for a number that comes from nowhere: a pad's 0.
inline constexpr int32_t kNowhere = -1;

/// 0, 1, 2, ... for every number of a value.
std::vector<int32_t> all_places(const Shape& shape);

/// The places of the layer's numbers from those of its input's. The layer is a Slice, Pad, Reshape or Transpose.
std::vector<int32_t> rearrange(const Layer& layer, const Shape& in, const Shape& out,
                               const std::vector<int32_t>& places);

/// Which channels of a 1 x C x H x W value the numbers are, in what order, at which pixels; none where the engine has
/// no layer that takes them so. Channels that are 0 throughout are kNowhere.
std::optional<Selection> selection_of(const std::vector<int32_t>& places, const Shape& from, const Shape& to);

/// The same for whole channels, each at most once.
std::optional<std::vector<int>> chosen_channels(const std::vector<int32_t>& places, const Shape& from, const Shape& to);

}  // namespace flashcell::quant
