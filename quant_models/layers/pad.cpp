#include "quant_models/layers/pad.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_node.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/places.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

void import_pad(OnnxNode& node) {
  if (node.text("mode", "constant") != "constant") throw ModelError("only padding by a constant is supported");
  if (node.opset() >= 18 && node.has(3)) throw ModelError("padding with axes is not supported");
  const std::vector<int64_t> pads = node.attribute_or_input("pads", 1, 11);
  const size_t rank = node.shape(0).size();
  if (pads.size() != 2 * rank)
    throw ModelError("its pads do not fit an input of " + std::to_string(rank) + " dimensions");
  Pad layer;
  layer.before.assign(pads.begin(), pads.begin() + static_cast<ptrdiff_t>(rank));
  layer.after.assign(pads.begin() + static_cast<ptrdiff_t>(rank), pads.end());
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
  if (value != 0) engine.refuse("the engine pads with zeros only");
  engine.rearrange();
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
