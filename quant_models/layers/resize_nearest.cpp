#include "quant_models/layers/resize_nearest.hpp"

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {

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

}  // namespace flashcell::quant
