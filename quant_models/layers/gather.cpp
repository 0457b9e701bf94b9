#include "quant_models/layers/gather.hpp"

#include <algorithm>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/reshape.hpp"
#include "quant_models/layers/slice.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

using onnx::checked_axis;
using onnx::Known;

// At even distances it is a slice.
Layer chooser(int axis, std::vector<int64_t> at) {
  const int64_t step = at.size() > 1 ? at[1] - at[0] : 1;
  for (size_t i = 1; i < at.size(); ++i)
    if (at[i] - at[i - 1] != step || step < 1) return Gather{axis, std::move(at)};
  return Slice{axis, at.front(), at.back() + 1, step};
}

void import_gather(OnnxNode& node) {
  const Known index = node.require_known(1, "indices");
  const Shape in = node.shape(0);
  const int axis = checked_axis(node.integer("axis", 0), in.size());
  const int64_t extent = in[static_cast<size_t>(axis)];
  std::vector<int64_t> at = index.integers;
  if (at.empty()) throw ModelError("it has no indices");
  for (int64_t& i : at) {
    if (i < -extent || i >= extent) throw ModelError("its index " + std::to_string(i) + " is out of range");
    if (i < 0) i += extent;
  }
  const Layer layer = chooser(axis, std::move(at));
  if (index.dims.size() == 1) return (void)node.emit(layer, {node.value(0)});
  const NodeId chosen = node.helper("index", layer, {node.value(0)});
  if (index.dims.empty() && axis == 0 && extent > 1 && in.size() > 1) {
    // Of queries, keys and values in one: the batch comes behind, and stays open.
    Transpose last;
    for (size_t i = 1; i < in.size(); ++i) last.order.push_back(static_cast<int>(i));
    last.order.push_back(0);
    return (void)node.emit(Reshape{Shape(in.size() - 1, 0)}, {node.helper("last", std::move(last), {chosen})});
  }
  // The indices' own dimensions stand in the place of the one that is gathered along.
  Shape shape = in;
  std::fill(shape.begin(), shape.begin() + axis, 0);
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, index.dims.begin(), index.dims.end());
  emit_reshape(node, chosen, std::move(shape));
}

}  // namespace

std::string Gather::describe() const {
  return "gather";
}

Shape Gather::infer_shape(std::span<const Shape> in) const {
  const auto along = static_cast<size_t>(resolve_axis(axis, in[0].size()));
  require(!indices.empty(), "it has no indices");
  for (const int64_t i : indices)
    require(i >= 0 && i < in[0][along],
            "its index " + std::to_string(i) + " is outside a dimension of " + std::to_string(in[0][along]));
  Shape out = in[0];
  out[along] = static_cast<int64_t>(indices.size());
  return out;
}

Step Gather::make_step(const Shape&, std::span<const Shape> inputs) const {
  const AxisView view(inputs[0], static_cast<size_t>(resolve_axis(axis, inputs[0].size())));
  return [view, indices = indices](StepInputs in, float* out) {
    for (int64_t o = 0; o < view.outer; ++o)
      for (const int64_t i : indices) out = std::copy_n(in[0] + (o * view.extent + i) * view.inner, view.inner, out);
  };
}

void Gather::write_onnx(OnnxWriter& file) const {
  file.add_node("Gather", {file.store("indices", indices)}, {{"axis", int64_t{axis}}});
}

OnnxOperators Gather::onnx_operators() {
  return {{"Gather", import_gather}};
}

void Gather::lower(Lowering& engine) const {
  engine.rearrange();
}

std::vector<int32_t> Gather::moved_places(const Shape& in, const Shape&, const std::vector<int32_t>& places) const {
  const AxisView view(in, static_cast<size_t>(resolve_axis(axis, in.size())));
  std::vector<int32_t> moved;
  for (int64_t o = 0; o < view.outer; ++o)
    for (const int64_t i : indices) {
      const auto first = places.begin() + (o * view.extent + i) * view.inner;
      moved.insert(moved.end(), first, first + view.inner);
    }
  return moved;
}

}  // namespace flashcell::quant
