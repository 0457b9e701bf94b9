#include "quant_models/layers/slice.hpp"

#include <algorithm>

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {

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

}  // namespace flashcell::quant
