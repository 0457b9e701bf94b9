#include "quant_models/onnx/known_tensors.hpp"

#include <algorithm>

#include "quant_models/model_error.hpp"

namespace flashcell::quant::onnx {
namespace {

// Bounds below 0 count from the end; those beyond it are cut to what steps in this direction can reach.
int64_t bound(int64_t place, int64_t extent, int64_t step, bool is_begin) {
  if (extent == 0) return 0;
  if (place < 0) place = place < -extent ? -1 : place + extent;
  if (step > 0) return std::clamp<int64_t>(place, 0, extent);
  return std::clamp<int64_t>(place, is_begin ? 0 : -1, extent - 1);
}

}  // namespace

int64_t known_count(const Shape& dims) {
  if (dims.size() > kMaxRank) throw ModelError("it makes more than " + std::to_string(kMaxRank) + " dimensions");
  int64_t count = 1;
  for (const int64_t extent : dims) {
    if (extent < 0) throw ModelError("it makes a dimension of " + std::to_string(extent));
    if (extent > 0 && count > kMaxElements / extent)
      throw ModelError("it makes more than " + std::to_string(kMaxElements) + " numbers");
    count *= extent;
  }
  return count;
}

std::vector<int64_t> known_strides(const Shape& dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

Shape known_broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1)
      throw ModelError("its inputs " + to_string(a) + " and " + to_string(b) + " do not fit together");
    out[out.size() - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

Known pick(const Known& from, Shape dims, const std::vector<int64_t>& places) {
  Known result;
  result.data_type = from.data_type;
  result.dims = std::move(dims);
  if (from.quantization && !from.quantization->per_channel()) result.quantization = from.quantization;
  const auto choose = [&](const auto& numbers, auto& chosen) {
    chosen.reserve(places.size());
    for (const int64_t place : places) chosen.push_back(numbers[static_cast<size_t>(place)]);
  };
  from.integer() ? choose(from.integers, result.integers) : choose(from.reals, result.reals);
  return result;
}

std::vector<int64_t> walk(const Shape& out, int64_t first, const std::vector<int64_t>& steps) {
  std::vector<int64_t> places(static_cast<size_t>(known_count(out)));
  Shape index(out.size(), 0);
  int64_t at = first;
  for (int64_t& place : places) {
    place = at;
    for (size_t d = out.size(); d-- > 0;) {
      at += steps[d];
      if (++index[d] < out[d]) break;
      at -= steps[d] * out[d];
      index[d] = 0;
    }
  }
  return places;
}

Known stretched(const Known& from, const Shape& dims) {
  if (from.dims == dims) return from;
  std::vector<int64_t> steps(dims.size(), 0);
  const std::vector<int64_t> own = known_strides(from.dims);
  for (size_t i = 0; i < own.size(); ++i)
    if (from.dims[i] != 1) steps[dims.size() - own.size() + i] = own[i];
  return pick(from, dims, walk(dims, 0, steps));
}

Known reshaped(const Known& from, Shape dims) {
  Known result = from;
  result.dims = std::move(dims);
  if (result.quantization && result.quantization->per_channel()) result.quantization.reset();
  return result;
}

Known known_integers(std::vector<int64_t> integers) {
  Known known;
  known.data_type = kInt64;
  known.dims = {static_cast<int64_t>(integers.size())};
  known.integers = std::move(integers);
  return known;
}

Shape operand_dims(const OperatorContext& context, const Shape& first, const Shape& second) {
  if (context.opset() >= 7) return second;
  if (context.integer("broadcast", 0) == 0) {
    if (first != second) throw ModelError("its inputs have different shapes, and its attribute broadcast is not set");
    return second;
  }
  const auto rank = static_cast<int64_t>(first.size()), own = static_cast<int64_t>(second.size());
  if (!context.has_attribute("axis")) return second;
  const int64_t given = context.integer("axis", 0), axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis + own > rank) throw ModelError("its axis " + std::to_string(given) + " does not exist");
  Shape dims = second;
  dims.resize(static_cast<size_t>(rank - axis), 1);
  return dims;
}

Shape squeezed(const Shape& dims, std::vector<int64_t> axes) {
  for (int64_t& axis : axes) axis = checked_axis(axis, dims.size());
  Shape out;
  for (size_t i = 0; i < dims.size(); ++i) {
    const bool listed = std::find(axes.begin(), axes.end(), static_cast<int64_t>(i)) != axes.end();
    if (listed && dims[i] != 1) throw ModelError("it squeezes a dimension of " + std::to_string(dims[i]));
    if (!listed && !(axes.empty() && dims[i] == 1)) out.push_back(dims[i]);
  }
  return out;
}

Shape unsqueezed(const Shape& dims, std::vector<int64_t> axes) {
  const size_t rank = dims.size() + axes.size();
  if (rank > kMaxRank) throw ModelError("it makes too many dimensions");
  for (int64_t& axis : axes) axis = checked_axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) throw ModelError("it lists an axis twice");
  Shape out = dims;
  for (const int64_t axis : axes) out.insert(out.begin() + axis, 1);
  return out;
}

std::vector<SliceRange> slice_ranges(const OperatorContext& c, const Shape& dims) {
  const std::vector<int64_t> begins = c.attribute_or_input("starts", 1, 10), ends = c.attribute_or_input("ends", 2, 10);
  std::vector<int64_t> axes = c.attribute_or_input("axes", 3, 10);
  std::vector<int64_t> steps = c.opset() >= 10 && c.has(4) ? c.integers(4, "steps") : std::vector<int64_t>{};
  if (axes.empty())
    for (size_t i = 0; i < begins.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (steps.empty()) steps.assign(begins.size(), 1);
  if (begins.empty() || begins.size() > kMaxRank || ends.size() != begins.size() || axes.size() != begins.size() ||
      steps.size() != begins.size())
    throw ModelError("its starts, ends, axes and steps do not fit together");
  std::vector<SliceRange> ranges;
  for (size_t i = 0; i < begins.size(); ++i) {
    const int axis = checked_axis(axes[i], dims.size());
    const int64_t extent = dims[static_cast<size_t>(axis)];
    if (steps[i] == 0) throw ModelError("its step is 0");
    // Steps longer than the dimension take its first number all the same.
    const int64_t step = std::clamp<int64_t>(steps[i], -extent - 1, extent + 1);
    const int64_t begin = bound(begins[i], extent, step, true), end = bound(ends[i], extent, step, false);
    const int64_t reach = step > 0 ? end - begin : begin - end, pace = step > 0 ? step : -step;
    ranges.push_back({axis, begin, step, extent == 0 || reach <= 0 ? 0 : (reach - 1) / pace + 1});
  }
  return ranges;
}

std::vector<int64_t> split_sizes(const OperatorContext& c, int64_t extent) {
  std::vector<int64_t> sizes = c.attribute_or_input("split", 1, 13);
  const int parts = c.node().output_size();
  const int64_t each = parts > 0 ? (extent + parts - 1) / parts : 0;
  if (sizes.empty())
    for (int i = 0; i < parts; ++i) sizes.push_back(std::min(each, extent - each * i));
  int64_t sum = 0;
  for (const int64_t size : sizes) {
    if (size < 0 || size > extent - sum) throw ModelError("its parts do not fit the dimension");
    sum += size;
  }
  if (static_cast<int>(sizes.size()) != parts) throw ModelError("it has not one output for each part");
  if (sum != extent) throw ModelError("its parts do not fill the dimension");
  return sizes;
}

}  // namespace flashcell::quant::onnx
