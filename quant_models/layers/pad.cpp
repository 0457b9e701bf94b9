#include "quant_models/layers/pad.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/places.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

void import_pad(OnnxNode& node) {
  if (node.text("mode", "constant") != "constant") throw ModelError("only padding by a constant is supported");
  const std::vector<int64_t> pads = node.attribute_or_input("pads", 1, 11);
  const size_t rank = node.shape(0).size();
  std::vector<int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (node.opset() >= 18 && node.has(3)) axes = node.integers(3, "axes");
  if (pads.size() != 2 * axes.size())
    throw ModelError("its pads do not fit an input of " + std::to_string(rank) + " dimensions");
  Pad layer{std::vector<int64_t>(rank), std::vector<int64_t>(rank), 0};
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(onnx::checked_axis(axes[i], rank));
    layer.before[axis] = pads[i];
    layer.after[axis] = pads[axes.size() + i];
  }
  layer.value = node.opset() < 11 ? node.real("value", 0) : node.number(2, 0);
  node.emit(std::move(layer), {node.value(0)});
}

}  // namespace

std::string Pad::describe() const {
  return "pad";
}

Shape Pad::infer_shape(std::span<const Shape> in) const {
  require(before.size() == in[0].size() && after.size() == in[0].size(),
          "it needs a border for each dimension of its input " + to_string(in[0]));
  require(std::isfinite(value), "its value is not finite");
  Shape out = in[0];
  for (size_t i = 0; i < out.size(); ++i) {
    require_range(before[i], 0, "border");
    require_range(after[i], 0, "border");
    out[i] += before[i] + after[i];
  }
  return out;
}

Step Pad::make_step(const Shape& out, std::span<const Shape> inputs) const {
  const std::vector<int64_t> strides = strides_of(out);
  int64_t corner = 0;
  for (size_t i = 0; i < out.size(); ++i) corner += before[i] * strides[i];
  return [in_shape = inputs[0], out_shape = out, strides, corner, value = value](StepInputs in, float* target) {
    std::fill_n(target, element_count(out_shape), value);
    for_each_offset(in_shape, strides, [&](int64_t i, int64_t offset) { target[corner + offset] = in[0][i]; });
  };
}

void Pad::write_onnx(OnnxWriter& file) const {
  std::vector<int64_t> pads = before;
  pads.insert(pads.end(), after.begin(), after.end());
  const OnnxWriter::Names border = {file.store("pads", pads), file.store("value", Tensor{{}, {value}})};
  file.add_node("Pad", border);
}

OnnxOperators Pad::onnx_operators() {
  return {{"Pad", import_pad}};
}

void Pad::lower(Lowering& engine) const {
  if (value == 0) return engine.rearrange();
  if (before.size() != 4 || before[0] + before[1] + after[0] + after[1] != 0)
    engine.refuse("the engine pads rows and columns of an image with other numbers than 0");
  const Lowering::Target target = engine.own_target();
  const ActivationFormat& out = target.format;
  const auto integer_of = [&](double real) {
    const double steps = std::floor(real / static_cast<double>(out.scale) + 0.5) + out.zero_point;
    return static_cast<int>(
        std::clamp<double>(steps, contract::lowest(out.type, out.bits), contract::highest(out.type, out.bits)));
  };
  const Lowering::Value in = engine.input(0, Layout::image);
  const contract::TensorDescriptor t = engine.builder().tensor(in.tensor);
  ModelBuilder::Tensor image = in.tensor;
  if (in.scale != static_cast<double>(out.scale) || t.type != out.type || t.bits != out.bits ||
      t.zero_point != out.zero_point) {
    if (t.bits > 8) engine.refuse("it stores anew a value of more than 8 bits");
    std::vector<int32_t> entries;
    for (int q = contract::lowest(t.type, t.bits); q <= contract::highest(t.type, t.bits); ++q)
      entries.push_back(integer_of(in.scale * (q - in.zero_point)));
    image = engine.builder().table(engine.name() + ".stored", image, entries, out);
  }
  engine.keep(target,
              engine.builder().pad(engine.name(), image, static_cast<int>(before[2]), static_cast<int>(before[3]),
                                   static_cast<int>(after[2]), static_cast<int>(after[3]), integer_of(double{value})),
              Layout::image);
}

std::vector<int32_t> Pad::moved_places(const Shape& in, const Shape& out, const std::vector<int32_t>& places) const {
  const std::vector<int64_t> steps = strides_of(out);
  int64_t corner = 0;
  for (size_t d = 0; d < out.size(); ++d) corner += before[d] * steps[d];
  std::vector<int32_t> moved(static_cast<size_t>(element_count(out)), kNowhere);
  for_each_offset(in, steps, [&](int64_t i, int64_t offset) {
    moved[static_cast<size_t>(corner + offset)] = places[static_cast<size_t>(i)];
  });
  return moved;
}

}  // namespace flashcell::quant
