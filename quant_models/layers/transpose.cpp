#include "quant_models/layers/transpose.hpp"

#include <algorithm>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_node.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/places.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

void import_transpose(OnnxNode& node) {
  Transpose layer;
  for (const int64_t axis : node.integers("perm"))
    layer.order.push_back(static_cast<int>(std::clamp<int64_t>(axis, -1, 1000)));
  if (layer.order.empty())
    for (size_t i = node.shape(0).size(); i-- > 0;) layer.order.push_back(static_cast<int>(i));
  node.emit(std::move(layer), {node.value(0)});
}

}  // namespace

std::string Transpose::describe() const {
  return "transpose";
}

Shape Transpose::infer_shape(std::span<const Shape> in) const {
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  require(sorted.size() == in[0].size(), "its order does not have one entry for each dimension");
  Shape out;
  for (size_t i = 0; i < sorted.size(); ++i) {
    require(sorted[i] == static_cast<int>(i), "its order is not a permutation");
  }
  for (const int from : order) out.push_back(in[0][static_cast<size_t>(from)]);
  return out;
}

Step Transpose::make_step(const Shape& out, std::span<const Shape> inputs) const {
  const std::vector<int64_t> own = strides_of(inputs[0]);
  std::vector<int64_t> strides;
  for (const int from : order) strides.push_back(own[static_cast<size_t>(from)]);
  // Last dimensions that stay where they are move together; those of 1 may stand anywhere.
  Shape outer = out;
  int64_t together = 1;
  while (!outer.empty() && (outer.back() == 1 || strides[outer.size() - 1] == together)) {
    together *= outer.back();
    outer.pop_back();
  }
  strides.resize(outer.size());
  return [outer, strides, together](StepInputs in, float* target) {
    for_each_offset(outer, strides,
                    [&](int64_t i, int64_t offset) { std::copy_n(in[0] + offset, together, target + i * together); });
  };
}

void Transpose::write_onnx(OnnxWriter& file) const {
  file.add_node("Transpose", {}, {{"perm", Shape(order.begin(), order.end())}});
}

OnnxOperators Transpose::onnx_operators() {
  return {{"Transpose", import_transpose}};
}

void Transpose::lower(Lowering& engine) const {
  engine.rearrange();
}

std::vector<int32_t> Transpose::moved_places(const Shape& in, const Shape& out,
                                             const std::vector<int32_t>& places) const {
  const std::vector<int64_t> steps = strides_of(in);
  std::vector<int64_t> turned;
  for (const int axis : order) turned.push_back(steps[static_cast<size_t>(axis)]);
  return walked_places(out, 0, turned, places);
}

}  // namespace flashcell::quant
