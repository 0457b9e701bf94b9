#include "quant_models/layers/slice.hpp"

#include <algorithm>
#include <vector>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/places.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

using onnx::checked_axis;
using onnx::slice_ranges;
using onnx::SliceRange;
using onnx::split_sizes;

void import_slice(OnnxNode& node) {
  NodeId x = node.value(0);
  const std::vector<SliceRange> ranges = slice_ranges(node, node.shape(0));
  for (size_t i = 0; i < ranges.size(); ++i) {
    const SliceRange& r = ranges[i];
    if (r.count < 1) throw ModelError("it takes nothing of dimension " + std::to_string(r.axis));
    if (r.step < 1)
      throw ModelError("its step " + std::to_string(r.step) + " runs backwards; only forwards is supported");
    const Slice layer{r.axis, r.begin, r.begin + (r.count - 1) * r.step + 1, r.step};
    x = i + 1 < ranges.size() ? node.helper("part", layer, {x}) : node.emit(layer, {x});
  }
}

void import_split(OnnxNode& node) {
  const Shape in = node.shape(0);
  const int axis = checked_axis(node.integer("axis", 0), in.size());
  const std::vector<int64_t> sizes = split_sizes(node, in[static_cast<size_t>(axis)]);
  int64_t begin = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1) throw ModelError("its part " + std::to_string(i) + " is empty");
    node.emit(Slice{axis, begin, begin + sizes[i], 1}, {node.value(0)}, static_cast<int>(i));
    begin += sizes[i];
  }
}

}  // namespace

std::string Slice::describe() const {
  return "slice";
}

Shape Slice::infer_shape(std::span<const Shape> in) const {
  const auto along = static_cast<size_t>(resolve_axis(axis, in[0].size()));
  require(step >= 1 && begin >= 0 && begin < end && end <= in[0][along],
          "it takes " + std::to_string(begin) + ".." + std::to_string(end) + " of a dimension of " +
              std::to_string(in[0][along]));
  Shape out = in[0];
  out[along] = (end - begin - 1) / step + 1;
  return out;
}

Step Slice::make_step(const Shape&, std::span<const Shape> inputs) const {
  const AxisView view(inputs[0], static_cast<size_t>(resolve_axis(axis, inputs[0].size())));
  return [view, slice = *this](StepInputs in, float* out) {
    for (int64_t o = 0; o < view.outer; ++o)
      for (int64_t i = slice.begin; i < slice.end; i += slice.step)
        out = std::copy_n(in[0] + (o * view.extent + i) * view.inner, view.inner, out);
  };
}

void Slice::write_onnx(OnnxWriter& file) const {
  const OnnxWriter::Names range = {file.store("begin", Shape{begin}), file.store("end", Shape{end}),
                                   file.store("axis", Shape{axis}), file.store("step", Shape{step})};
  file.add_node("Slice", range);
}

OnnxOperators Slice::onnx_operators() {
  return {{"Slice", import_slice}, {"Split", import_split}};
}

void Slice::lower(Lowering& engine) const {
  engine.rearrange();
}

std::vector<int32_t> Slice::moved_places(const Shape& in, const Shape& out, const std::vector<int32_t>& places) const {
  std::vector<int64_t> steps = strides_of(in);
  const auto along = static_cast<size_t>(resolve_axis(axis, in.size()));
  const int64_t first = begin * steps[along];
  steps[along] *= step;
  return walked_places(out, first, steps, places);
}

}  // namespace flashcell::quant
