#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/constant_folding.hpp"
#include "quant_models/onnx/known_tensors.hpp"
#include "quant_models/tensor/strides.hpp"

// What gives known numbers other places, and what makes them of shapes.
namespace flashcell::quant::onnx {
namespace {

/// Room for so many numbers is asked for before they are made: a bomb of a file must cost no memory.
void require_room(OperatorContext& c, const Shape& dims) {
  c.state().require_room(static_cast<size_t>(known_count(dims)));
}

Known concat(OperatorContext& c) {
  if (c.node().input_size() < 1) throw ModelError("it has no inputs");
  const Known& first = c.require_known(0, "input");
  const auto axis = static_cast<size_t>(checked_axis(c.integer("axis", 1), first.dims.size()));
  Shape dims = first.dims;
  for (int i = 1; i < c.node().input_size(); ++i) {
    const Known& next = c.require_known(i, "input");
    Shape rest = next.dims;
    if (rest.size() != dims.size() || next.integer() != first.integer())
      throw ModelError("its inputs do not fit together");
    const int64_t extent = rest[axis];
    rest[axis] = dims[axis];
    if (rest != dims) throw ModelError("its inputs do not fit together");
    dims[axis] += extent;
  }
  require_room(c, dims);
  const auto count = [](auto begin, auto end) {
    int64_t product = 1;
    for (; begin != end; ++begin) product *= *begin;
    return product;
  };
  const int64_t outer = count(dims.begin(), dims.begin() + static_cast<ptrdiff_t>(axis));
  Known result;
  result.data_type = first.data_type;
  result.dims = dims;
  for (int64_t o = 0; o < outer; ++o) {
    for (int i = 0; i < c.node().input_size(); ++i) {
      const Known& part = *c.known(i);
      const int64_t each = count(part.dims.begin() + static_cast<ptrdiff_t>(axis), part.dims.end());
      const auto copy = [&](const auto& from, auto& to) {
        to.insert(to.end(), from.begin() + o * each, from.begin() + (o + 1) * each);
      };
      part.integer() ? copy(part.integers, result.integers) : copy(part.reals, result.reals);
    }
  }
  return result;
}

Known gather(OperatorContext& c) {
  const Known &data = c.require_known(0, "data"), &index = c.require_known(1, "indices");
  if (!index.integer()) throw ModelError("its indices must be integers");
  const int axis = checked_axis(c.integer("axis", 0), data.dims.size());
  const int64_t extent = data.dims[static_cast<size_t>(axis)];
  Shape outer(data.dims.begin(), data.dims.begin() + axis), inner(data.dims.begin() + axis + 1, data.dims.end());
  Shape dims = outer;
  dims.insert(dims.end(), index.dims.begin(), index.dims.end());
  dims.insert(dims.end(), inner.begin(), inner.end());
  require_room(c, dims);
  const int64_t lines = known_count(outer), each = known_count(inner);
  std::vector<int64_t> places;
  for (int64_t line = 0; line < lines; ++line) {
    for (int64_t i : index.integers) {
      if (i < -extent || i >= extent) throw ModelError("its index " + std::to_string(i) + " is out of range");
      const int64_t first = (line * extent + (i < 0 ? i + extent : i)) * each;
      for (int64_t k = 0; k < each; ++k) places.push_back(first + k);
    }
  }
  return pick(data, std::move(dims), places);
}

Known slice(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  std::vector<int64_t> steps = strides_of(data.dims);
  Shape dims = data.dims;
  int64_t first = 0;
  for (const SliceRange& range : slice_ranges(c, data.dims)) {
    const auto axis = static_cast<size_t>(range.axis);
    if (dims[axis] != data.dims[axis]) throw ModelError("it lists an axis twice");
    first += range.begin * steps[axis];
    steps[axis] *= range.step;
    dims[axis] = range.count;
  }
  require_room(c, dims);
  return pick(data, dims, walk(dims, first, steps));
}

Known transpose(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  std::vector<int64_t> order = c.integers("perm");
  if (order.empty())
    for (size_t i = data.dims.size(); i-- > 0;) order.push_back(static_cast<int64_t>(i));
  std::vector<int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  bool is_order = sorted.size() == data.dims.size();
  for (size_t i = 0; i < sorted.size(); ++i) is_order = is_order && sorted[i] == static_cast<int64_t>(i);
  if (!is_order) throw ModelError("its order is not a permutation");
  const std::vector<int64_t> own = strides_of(data.dims);
  std::vector<int64_t> steps;
  Shape dims;
  for (const int64_t from : order) {
    steps.push_back(own[static_cast<size_t>(from)]);
    dims.push_back(data.dims[static_cast<size_t>(from)]);
  }
  require_room(c, dims);
  Known result = pick(data, dims, walk(dims, 0, steps));
  result.quantization = data.quantization;
  if (result.quantization && result.quantization->per_channel())
    result.quantization->axis =
        static_cast<int>(std::find(order.begin(), order.end(), result.quantization->axis) - order.begin());
  return result;
}

Known reshape(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  Shape dims = c.attribute_or_input("shape", 1, 5);
  const bool zero_is_zero = c.integer("allowzero", 0) != 0;
  const int64_t count = known_count(data.dims);
  int64_t known = 1;
  size_t open = dims.size();
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && !zero_is_zero) {
      if (i >= data.dims.size()) throw ModelError("its target keeps a dimension that its input lacks");
      dims[i] = data.dims[i];
    }
    if (dims[i] == -1) {
      if (open < dims.size()) throw ModelError("its target leaves more than one extent open");
      open = i;
    } else {
      if (dims[i] < 0 || (dims[i] > 0 && known > kMaxElements / dims[i]))
        throw ModelError("its target is out of range");
      known *= dims[i];
    }
  }
  if (open < dims.size()) dims[open] = known == 0 ? 0 : count / known;
  if (known_count(dims) != count)
    throw ModelError("its input " + to_string(data.dims) + " does not fit the target " + to_string(dims));
  return reshaped(data, std::move(dims));
}

Known flatten(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  const auto rank = static_cast<int64_t>(data.dims.size());
  const int64_t given = c.integer("axis", 1), axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) throw ModelError("its axis " + std::to_string(given) + " does not exist");
  const int64_t rows = known_count({data.dims.begin(), data.dims.begin() + axis});
  return reshaped(data, {rows, known_count({data.dims.begin() + axis, data.dims.end()})});
}

Known squeeze(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  return reshaped(data, squeezed(data.dims, c.attribute_or_input("axes", 1, 13)));
}

Known unsqueeze(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  return reshaped(data, unsqueezed(data.dims, c.attribute_or_input("axes", 1, 13)));
}

Known expand(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  const Shape dims = known_broadcast(data.dims, c.integers(1, "shape"));
  require_room(c, dims);
  return stretched(data, dims);
}

Known tile(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  const std::vector<int64_t> repeats = c.integers(1, "repeats");
  if (repeats.size() != data.dims.size()) throw ModelError("it does not say how often for each dimension");
  // Each dimension as two: the copy, and the place in it.
  Shape dims, split, steps;
  const std::vector<int64_t> own = strides_of(data.dims);
  for (size_t i = 0; i < repeats.size(); ++i) {
    if (repeats[i] < 0 || repeats[i] > kMaxElements) throw ModelError("its repeats are out of range");
    split.insert(split.end(), {repeats[i], data.dims[i]});
    steps.insert(steps.end(), {0, own[i]});
    dims.push_back(repeats[i] * data.dims[i]);
  }
  require_room(c, dims);
  if (split.size() > kMaxRank) throw ModelError("more than " + std::to_string(kMaxRank / 2) + " dimensions are tiled");
  return pick(data, std::move(dims), walk(split, 0, steps));
}

Known filled(OperatorContext& c) {
  Known one;
  one.reals = {0};
  if (const auto* attribute = c.find("value")) one = read_tensor(attribute->t());
  if (one.integers.size() + one.reals.size() != 1) throw ModelError("its value must be one number");
  one.dims = {};
  const Shape dims = c.integers(0, "shape");
  require_room(c, dims);
  return stretched(one, dims);
}

Known range(OperatorContext& c) {
  const Known *begin = c.known(0), *end = c.known(1), *step = c.known(2);
  for (const Known* each : {begin, end, step})
    if (each == nullptr || each->integers.size() + each->reals.size() != 1 || each->data_type != begin->data_type)
      throw ModelError("its start, limit and delta must be one number each, of one type");
  Known result;
  result.data_type = begin->data_type;
  const auto number = [](const Known& k) {
    return k.integer() ? static_cast<double>(k.integers[0]) : static_cast<double>(k.reals[0]);
  };
  const double count = std::ceil((number(*end) - number(*begin)) / number(*step));
  if (!(std::abs(count) <= static_cast<double>(kMaxElements))) throw ModelError("its range is too long or has no step");
  result.dims = {std::max<int64_t>(0, static_cast<int64_t>(count))};
  require_room(c, result.dims);
  for (int64_t i = 0; i < result.dims[0]; ++i) {
    if (begin->integer()) {
      // Without a sign: steps from the lowest to the highest integer are longer than one with a sign.
      result.integers.push_back(
          static_cast<int64_t>(static_cast<uint64_t>(begin->integers[0]) +
                               static_cast<uint64_t>(i) * static_cast<uint64_t>(step->integers[0])));
    } else {
      result.reals.push_back(begin->reals[0] + static_cast<float>(i) * step->reals[0]);
    }
  }
  return result;
}

}  // namespace

Known known_shape(OperatorContext& c) {
  const Known* known = c.known(0);
  const Shape dims = known != nullptr ? known->dims : c.shape(0);
  const auto rank = static_cast<int64_t>(dims.size());
  if (c.type() == "Size") {
    Known one = known_integers({known_count(dims)});
    one.dims = {};
    return one;
  }
  const auto place = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const int64_t begin = place(c.integer("start", 0)), end = place(c.integer("end", rank));
  return known_integers(begin < end ? Shape{dims.begin() + begin, dims.begin() + end} : Shape{});
}

void fold_split(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  const auto axis = static_cast<size_t>(checked_axis(c.integer("axis", 0), data.dims.size()));
  const std::vector<int64_t> steps = strides_of(data.dims);
  int64_t begin = 0;
  std::vector<Known> parts;
  for (const int64_t size : split_sizes(c, data.dims[axis])) {
    Shape dims = data.dims;
    dims[axis] = size;
    require_room(c, dims);
    parts.push_back(pick(data, dims, walk(dims, begin * steps[axis], steps)));
    begin += size;
  }
  for (size_t i = 0; i < parts.size(); ++i) c.emit_known(std::move(parts[i]), static_cast<int>(i));
}

FoldTable constant_moves() {
  return {
      {"Concat", concat},       {"ConstantOfShape", filled},
      {"Expand", expand},       {"Flatten", flatten},
      {"Gather", gather},       {"Range", range},
      {"Reshape", reshape},     {"Slice", slice},
      {"Squeeze", squeeze},     {"Tile", tile},
      {"Transpose", transpose}, {"Unsqueeze", unsqueeze},
  };
}

}  // namespace flashcell::quant::onnx
