#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "quant_models/packed/model_builder.hpp"
#include "quant_models/tensor/tensor.hpp"

// What layers in a row that only change where numbers stand come to, followed number by number.
namespace flashcell::quant {

/// 0, 1, 2, ... for every number of a value.
std::vector<int32_t> all_places(const Shape& shape);

/// Which channels of a 1 x C x H x W value the numbers are, in what order, at which pixels; none where the engine has
/// no layer that takes them so. Channels that are 0 throughout are kNowhere.
std::optional<Selection> selection_of(const std::vector<int32_t>& places, const Shape& from, const Shape& to);

/// The same for whole channels, each at most once.
std::optional<std::vector<int>> chosen_channels(const std::vector<int32_t>& places, const Shape& from, const Shape& to);

}  // namespace flashcell::quant
