#include "quant_models/layers/onnx_arguments.hpp"

#include <algorithm>

#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

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

Tensor vector_of(const Known& known, int64_t length, const char* what) {
  if (static_cast<int64_t>(known.reals.size()) != length)
    throw ModelError(std::string("its ") + what + " has " + std::to_string(known.reals.size()) + " numbers, expected " +
                     std::to_string(length));
  return {{length}, known.reals};
}

int checked_axis(int64_t axis, size_t rank) {
  return resolve_axis(static_cast<int>(std::clamp<int64_t>(axis, -1000, 1000)), rank);
}

Shape operand_dims(const OnnxNode& node, const Shape& first, const Shape& second) {
  if (node.opset() >= 7) return second;
  if (node.integer("broadcast", 0) == 0) {
    if (first != second) throw ModelError("its inputs have different shapes, and its attribute broadcast is not set");
    return second;
  }
  const auto rank = static_cast<int64_t>(first.size()), own = static_cast<int64_t>(second.size());
  if (!node.has_attribute("axis")) return second;
  const int64_t given = node.integer("axis", 0), axis = given < 0 ? given + rank : given;
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

std::vector<SliceRange> slice_ranges(const OnnxNode& node, const Shape& dims) {
  const std::vector<int64_t> begins = node.attribute_or_input("starts", 1, 10),
                             ends = node.attribute_or_input("ends", 2, 10);
  std::vector<int64_t> axes = node.attribute_or_input("axes", 3, 10);
  std::vector<int64_t> steps = node.opset() >= 10 && node.has(4) ? node.integers(4, "steps") : std::vector<int64_t>{};
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

std::vector<int64_t> split_sizes(const OnnxNode& node, int64_t extent) {
  std::vector<int64_t> sizes = node.attribute_or_input("split", 1, 13);
  const int parts = node.output_count();
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
