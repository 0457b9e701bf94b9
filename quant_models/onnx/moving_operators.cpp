#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/known_tensors.hpp"
#include "quant_models/onnx/operator_tables.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant::onnx {
namespace {

void import_concat(OperatorContext& c) {
  std::vector<NodeId> inputs;
  for (int i = 0; i < c.node().input_size(); ++i) inputs.push_back(c.value(i));
  if (inputs.empty()) throw ModelError("it has no inputs");
  c.emit(Concat{checked_axis(c.integer("axis", 1), c.shape(0).size())}, std::move(inputs));
}

void import_slice(OperatorContext& c) {
  NodeId x = c.value(0);
  const std::vector<SliceRange> ranges = slice_ranges(c, c.shape(0));
  for (size_t i = 0; i < ranges.size(); ++i) {
    const SliceRange& r = ranges[i];
    if (r.count < 1) throw ModelError("it takes nothing of dimension " + std::to_string(r.axis));
    if (r.step < 1)
      throw ModelError("its step " + std::to_string(r.step) + " runs backwards; only forwards is supported");
    const Slice layer{r.axis, r.begin, r.begin + (r.count - 1) * r.step + 1, r.step};
    x = i + 1 < ranges.size() ? c.helper("part", layer, {x}) : c.emit(layer, {x});
  }
}

void import_split(OperatorContext& c) {
  const Shape in = c.shape(0);
  const int axis = checked_axis(c.integer("axis", 0), in.size());
  const std::vector<int64_t> sizes = split_sizes(c, in[static_cast<size_t>(axis)]);
  int64_t begin = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1) throw ModelError("its part " + std::to_string(i) + " is empty");
    c.emit(Slice{axis, begin, begin + sizes[i], 1}, {c.value(0)}, static_cast<int>(i));
    begin += sizes[i];
  }
}

// Gathering at even distances is a slice; a single index also removes the dimension.
void import_gather(OperatorContext& c) {
  const Known& index = c.require_known(1, "indices");
  const Shape in = c.shape(0);
  const int axis = checked_axis(c.integer("axis", 0), in.size());
  const int64_t extent = in[static_cast<size_t>(axis)];
  std::vector<int64_t> at = index.integers;
  if (at.empty() || index.dims.size() > 1) throw ModelError("only a list of indices, or one, is supported");
  for (int64_t& i : at) {
    if (i < -extent || i >= extent) throw ModelError("its index " + std::to_string(i) + " is out of range");
    if (i < 0) i += extent;
  }
  const int64_t step = at.size() > 1 ? at[1] - at[0] : 1;
  for (size_t i = 1; i < at.size(); ++i)
    if (at[i] - at[i - 1] != step || step < 1) throw ModelError("its indices are not evenly spaced and rising");
  const Slice layer{axis, at.front(), at.back() + 1, step};
  if (!index.dims.empty()) {
    c.emit(layer, {c.value(0)});
    return;
  }
  Shape shape = in;
  shape.erase(shape.begin() + axis);
  c.emit_reshape(c.helper("index", layer, {c.value(0)}), std::move(shape));
}

void import_pad(OperatorContext& c) {
  if (c.text("mode", "constant") != "constant") throw ModelError("only padding by a constant is supported");
  if (c.opset() >= 18 && c.has(3)) throw ModelError("padding with axes is not supported");
  const std::vector<int64_t> pads = c.attribute_or_input("pads", 1, 11);
  const size_t rank = c.shape(0).size();
  if (pads.size() != 2 * rank)
    throw ModelError("its pads do not fit an input of " + std::to_string(rank) + " dimensions");
  Pad layer;
  layer.before.assign(pads.begin(), pads.begin() + static_cast<ptrdiff_t>(rank));
  layer.after.assign(pads.begin() + static_cast<ptrdiff_t>(rank), pads.end());
  layer.value = c.opset() < 11 ? c.real("value", 0) : c.number(2, 0);
  c.emit(std::move(layer), {c.value(0)});
}

// The factors, from scales or from sizes, in the operator's many forms.
std::array<double, 2> resize_factors(OperatorContext& c) {
  const Shape in = c.shape(0);
  if (in.size() != 4) throw ModelError("only images N x C x H x W are supported");
  const bool upsample = c.type() == "Upsample";
  std::vector<double> factors;
  const int scales = upsample || c.opset() < 11 ? 1 : 2;
  if (upsample && c.opset() < 7) throw ModelError("the form of operator sets below 7 is not supported");
  if (upsample && c.opset() < 9) {
    const auto* attribute = c.find("scales");
    if (attribute != nullptr) factors.assign(attribute->floats().begin(), attribute->floats().end());
  } else if (c.has(3)) {
    for (const int64_t size : c.integers(3, "sizes")) factors.push_back(static_cast<double>(size));
    for (size_t i = 0; i < std::min(factors.size(), in.size()); ++i) factors[i] /= static_cast<double>(in[i]);
  } else {
    const Known& known = c.require_known(scales, "scales");
    factors.assign(known.reals.begin(), known.reals.end());
  }
  if (factors.size() != 4 || factors[0] != 1 || factors[1] != 1)
    throw ModelError("only rows and columns may be resized");
  return {factors[2], factors[3]};
}

void import_resize(OperatorContext& c) {
  if (c.text("mode", "nearest") != "nearest")
    throw ModelError("only the nearest pixel is supported, not " + c.text("mode", ""));
  const std::array<double, 2> factors = resize_factors(c);
  for (const double f : factors)
    if (!(f >= 1 && f <= 1024) || f != std::floor(f)) throw ModelError("only whole factors of 1 to 1024 are supported");
  // With whole factors, these give every pixel its block; others shift by half a block.
  const std::string mode =
      c.text("coordinate_transformation_mode", c.type() == "Upsample" || c.opset() < 11 ? "asymmetric" : "half_pixel");
  const std::string nearest =
      c.text("nearest_mode", mode == "asymmetric" && c.opset() < 11 ? "floor" : "round_prefer_floor");
  const bool blocks = (mode == "asymmetric" && nearest == "floor") ||
                      ((mode == "half_pixel" || mode == "pytorch_half_pixel") && nearest.starts_with("round")) ||
                      (factors[0] == 1 && factors[1] == 1);
  if (!blocks) throw ModelError("coordinates '" + mode + "' with rounding '" + nearest + "' are not supported");
  c.emit(ResizeNearest{static_cast<int>(factors[0]), static_cast<int>(factors[1])}, {c.value(0)});
}

void import_reshape(OperatorContext& c) {
  if (c.integer("allowzero", 0) != 0) throw ModelError("allowzero is not supported");
  std::vector<int64_t> target = c.attribute_or_input("shape", 1, 5);
  const Shape& in = c.shape(0);
  if (!target.empty() && !in.empty() && target[0] == in[0]) target[0] = 0;
  c.emit(Reshape{std::move(target)}, {c.value(0)});
}

void import_flatten(OperatorContext& c) {
  const Shape in = c.shape(0);
  const auto rank = static_cast<int64_t>(in.size());
  const int64_t given = c.integer("axis", 1), axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) throw ModelError("its axis " + std::to_string(given) + " does not exist");
  if (axis == 1) return (void)c.emit(Reshape{{0, -1}}, {c.value(0)});
  c.emit(Reshape{{element_count({in.begin(), in.begin() + axis}), element_count({in.begin() + axis, in.end()})}},
         {c.value(0)});
}

// Depth to space and back: a reshape that splits dimensions, a transpose, a reshape that joins them.
void import_blocks(OperatorContext& c) {
  const Shape in = c.shape(0);
  const int64_t b = c.integer("blocksize", 0);
  if (in.size() != 4 || b < 1 || b > 1024)
    throw ModelError("only images N x C x H x W and blocks of 1 to 1024 are supported");
  NodeId x = c.value(0);
  if (c.type() == "SpaceToDepth") {
    if (in[2] % b != 0 || in[3] % b != 0) throw ModelError("its blocks do not fit its input " + to_string(in));
    x = c.helper("blocks", Reshape{{0, in[1], in[2] / b, b, in[3] / b, b}}, {x});
    x = c.helper("turned", Transpose{{0, 3, 5, 1, 2, 4}}, {x});
    return (void)c.emit(Reshape{{0, in[1] * b * b, in[2] / b, in[3] / b}}, {x});
  }
  if (in[1] % (b * b) != 0) throw ModelError("its blocks do not fit its input " + to_string(in));
  const std::string mode = c.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") throw ModelError("its attribute mode is '" + mode + "'");
  const int64_t depth = in[1] / (b * b);
  const bool columns_first = mode == "CRD";
  x = c.helper("blocks",
               Reshape{columns_first ? Shape{0, depth, b, b, in[2], in[3]} : Shape{0, b, b, depth, in[2], in[3]}}, {x});
  x = c.helper("turned",
               Transpose{columns_first ? std::vector<int>{0, 1, 4, 2, 5, 3} : std::vector<int>{0, 3, 4, 1, 5, 2}}, {x});
  c.emit(Reshape{{0, depth, in[2] * b, in[3] * b}}, {x});
}

void import_squeeze(OperatorContext& c) {
  c.emit_reshape(c.value(0), squeezed(c.shape(0), c.attribute_or_input("axes", 1, 13)));
}

void import_unsqueeze(OperatorContext& c) {
  c.emit_reshape(c.value(0), unsqueezed(c.shape(0), c.attribute_or_input("axes", 1, 13)));
}

void import_transpose(OperatorContext& c) {
  Transpose layer;
  for (const int64_t axis : c.integers("perm"))
    layer.order.push_back(static_cast<int>(std::clamp<int64_t>(axis, -1, 1000)));
  if (layer.order.empty())
    for (size_t i = c.shape(0).size(); i-- > 0;) layer.order.push_back(static_cast<int>(i));
  c.emit(std::move(layer), {c.value(0)});
}

}  // namespace

OperatorTable moving_operators() {
  return {
      {"Concat", import_concat},       {"DepthToSpace", import_blocks}, {"Flatten", import_flatten},
      {"SpaceToDepth", import_blocks}, {"Gather", import_gather},       {"Pad", import_pad},
      {"Reshape", import_reshape},     {"Resize", import_resize},       {"Slice", import_slice},
      {"Split", import_split},         {"Squeeze", import_squeeze},     {"Transpose", import_transpose},
      {"Unsqueeze", import_unsqueeze}, {"Upsample", import_resize},
  };
}

}  // namespace flashcell::quant::onnx
