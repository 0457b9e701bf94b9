#include "quant_models/layers/resize_nearest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_resize.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

using onnx::Known;

// The factors, from scales or from sizes, in the operator's many forms.
std::array<double, 2> resize_factors(OnnxNode& node) {
  const Shape in = node.shape(0);
  if (in.size() != 4) throw ModelError("only images N x C x H x W are supported");
  const bool upsample = node.type() == "Upsample";
  std::vector<double> factors;
  const int scales = upsample || node.opset() < 11 ? 1 : 2;
  if (upsample && node.opset() < 7) throw ModelError("the form of operator sets below 7 is not supported");
  if (upsample && node.opset() < 9) {
    const std::vector<float> given = node.reals("scales");
    factors.assign(given.begin(), given.end());
  } else if (node.has(3)) {
    const std::vector<int64_t> sizes = node.integers(3, "sizes");
    const size_t first = sizes.size() == 2 ? 2 : 0;
    for (size_t i = 0; i < std::min<size_t>(sizes.size(), 4 - first); ++i)
      factors.push_back(static_cast<double>(sizes[i]) / static_cast<double>(in[first + i]));
  } else {
    const Known& known = node.require_known(scales, "scales");
    factors.assign(known.reals.begin(), known.reals.end());
  }
  // Of rows and columns alone, since operator set 18.
  const std::vector<int64_t> axes = node.integers("axes");
  const bool both = axes == Shape{2, 3} || axes == Shape{-2, -1};
  if (!axes.empty() && !both && axes != Shape{0, 1, 2, 3}) throw ModelError("its axes are not supported");
  if (factors.size() == 2 && both) factors.insert(factors.begin(), 2, 1.0);
  if (factors.size() != 4 || factors[0] != 1 || factors[1] != 1)
    throw ModelError("only rows and columns may be resized");
  return {factors[2], factors[3]};
}

bool is_whole(double factor, int most) {
  return factor >= 1 && factor <= most && factor == std::floor(factor);
}

// Linear by whole factors, as the engine does it; beyond the edge there is the edge's pixel, left out or not.
bool enlarges_linearly(const OnnxNode& node, const std::array<double, 2>& factors) {
  const std::string mode = node.text("coordinate_transformation_mode",
                                     node.type() == "Upsample" || node.opset() < 11 ? "asymmetric" : "half_pixel");
  return node.text("mode", "nearest") == "linear" && node.integer("antialias", 0) == 0 &&
         (mode == "half_pixel" || mode == "pytorch_half_pixel") && is_whole(factors[0], contract::kMaxUpsample) &&
         is_whole(factors[1], contract::kMaxUpsample);
}

void import_resize(OnnxNode& node) {
  if (node.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    throw ModelError("its attribute keep_aspect_ratio_policy is not supported");
  const std::array<double, 2> factors = resize_factors(node);
  if (enlarges_linearly(node, factors))
    return (void)node.emit(ResizeLinear{static_cast<int>(factors[0]), static_cast<int>(factors[1])}, {node.value(0)});
  if (node.text("mode", "nearest") != "nearest") return emit_interpolation(node, factors);
  if (!is_whole(factors[0], 1024) || !is_whole(factors[1], 1024))
    throw ModelError("only whole factors of 1 to 1024 are supported");
  // With whole factors, these give every pixel its block; others shift by half a block.
  const std::string mode = node.text("coordinate_transformation_mode",
                                     node.type() == "Upsample" || node.opset() < 11 ? "asymmetric" : "half_pixel");
  const std::string nearest =
      node.text("nearest_mode", mode == "asymmetric" && node.opset() < 11 ? "floor" : "round_prefer_floor");
  const bool blocks = (mode == "asymmetric" && nearest == "floor") ||
                      ((mode == "half_pixel" || mode == "pytorch_half_pixel") && nearest.starts_with("round")) ||
                      (factors[0] == 1 && factors[1] == 1);
  if (!blocks) throw ModelError("coordinates '" + mode + "' with rounding '" + nearest + "' are not supported");
  node.emit(ResizeNearest{static_cast<int>(factors[0]), static_cast<int>(factors[1])}, {node.value(0)});
}

}  // namespace

std::string ResizeNearest::describe() const {
  return "resize " + to_string({rows, columns});
}

Shape ResizeNearest::infer_shape(std::span<const Shape> in) const {
  require_image(in[0]);
  require_range(rows, 1, "factor");
  require_range(columns, 1, "factor");
  return {in[0][0], in[0][1], in[0][2] * rows, in[0][3] * columns};
}

Step ResizeNearest::make_step(const Shape& out, std::span<const Shape> inputs) const {
  const int64_t planes = out[0] * out[1], out_rows = out[2], out_columns = out[3], in_columns = inputs[0][3];
  return [=, resize = *this](StepInputs in, float* target) {
    for (int64_t p = 0; p < planes; ++p)
      for (int64_t y = 0; y < out_rows; ++y) {
        const float* row = in[0] + (p * (out_rows / resize.rows) + y / resize.rows) * in_columns;
        for (int64_t x = 0; x < out_columns; ++x) *target++ = row[x / resize.columns];
      }
  };
}

void ResizeNearest::write_onnx(OnnxWriter& file) const {
  const Tensor scales{{4}, {1, 1, static_cast<float>(rows), static_cast<float>(columns)}};
  // The input between, a region of interest, is left out.
  file.add_node("Resize", {"", file.store("scales", scales)},
                {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
}

OnnxOperators ResizeNearest::onnx_operators() {
  return {{"Resize", import_resize}, {"Upsample", import_resize}};
}

void ResizeNearest::lower(Lowering& engine) const {
  engine.require_same_storage();
  const Lowering::Value in = engine.input(0, Layout::image);
  engine.keep_as_input(engine.builder().upsample(engine.name(), in.tensor, rows, columns));
}

}  // namespace flashcell::quant
