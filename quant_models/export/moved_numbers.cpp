#include "quant_models/export/moved_numbers.hpp"

#include <numeric>

#include "quant_models/graph/shapes.hpp"

namespace flashcell::quant {
namespace {

// How far apart neighbours along each dimension are.
std::vector<int64_t> strides_of(const Shape& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

// Every number of `out`, in order, comes from first + the sum of its index times `steps`.
std::vector<int32_t> walk(const Shape& out, int64_t first, const std::vector<int64_t>& steps,
                          const std::vector<int32_t>& places) {
  std::vector<int32_t> moved(static_cast<size_t>(element_count(out)));
  Shape index(out.size(), 0);
  int64_t at = first;
  for (int32_t& place : moved) {
    place = places[static_cast<size_t>(at)];
    for (size_t d = out.size(); d-- > 0;) {
      at += steps[d];
      if (++index[d] < out[d]) break;
      at -= steps[d] * out[d];
      index[d] = 0;
    }
  }
  return moved;
}

}  // namespace

std::vector<int32_t> all_places(const Shape& shape) {
  std::vector<int32_t> places(static_cast<size_t>(element_count(shape)));
  std::iota(places.begin(), places.end(), 0);
  return places;
}

std::vector<int32_t> rearrange(const Layer& layer, const Shape& in, const Shape& out,
                               const std::vector<int32_t>& places) {
  std::vector<int64_t> steps = strides_of(in);
  if (const Slice* slice = std::get_if<Slice>(&layer)) {
    const auto axis = static_cast<size_t>(resolve_axis(slice->axis, in.size()));
    const int64_t first = slice->begin * steps[axis];
    steps[axis] *= slice->step;
    return walk(out, first, steps, places);
  }
  if (const Transpose* transpose = std::get_if<Transpose>(&layer)) {
    std::vector<int64_t> turned;
    for (const int axis : transpose->order) turned.push_back(steps[static_cast<size_t>(axis)]);
    return walk(out, 0, turned, places);
  }
  return places;  // a reshape
}

std::optional<std::vector<int>> chosen_channels(const std::vector<int32_t>& places, const Shape& from,
                                                const Shape& to) {
  if (from.size() != 4 || to.size() != 4 || from[0] != 1 || to[0] != 1 || from[2] != to[2] || from[3] != to[3])
    return std::nullopt;
  const auto pixels = static_cast<int32_t>(from[2] * from[3]);
  std::vector<int> channels;
  for (size_t i = 0; i < places.size(); i += static_cast<size_t>(pixels)) {
    const int32_t first = places[i];
    if (first % pixels != 0) return std::nullopt;
    for (int32_t k = 0; k < pixels; ++k)
      if (places[i + static_cast<size_t>(k)] != first + k) return std::nullopt;
    channels.push_back(first / pixels);
  }
  return channels;
}

}  // namespace flashcell::quant
