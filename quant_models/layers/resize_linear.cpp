#include "quant_models/layers/resize_linear.hpp"

#include <algorithm>
#include <vector>

#include "kernels_hls/contract/qcnn_functions.hpp"
#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

std::vector<contract::LinearPlace> places_of(int64_t extent, int factor) {
  std::vector<contract::LinearPlace> places;
  for (int64_t i = 0; i < extent * factor; ++i)
    places.push_back(contract::linear_place(static_cast<int>(i), factor, static_cast<int>(extent)));
  return places;
}

float between(float low, float high, float share) {
  return (1 - share) * low + share * high;
}

}  // namespace

std::string ResizeLinear::describe() const {
  return "linear resize " + to_string({rows, columns});
}

Shape ResizeLinear::infer_shape(std::span<const Shape> in) const {
  require_image(in[0]);
  require_range(rows, 1, "factor");
  require_range(columns, 1, "factor");
  const Shape out = {in[0][0], in[0][1], in[0][2] * rows, in[0][3] * columns};
  require_range(out[2], 1, "height");
  require_range(out[3], 1, "width");
  return out;
}

Step ResizeLinear::make_step(const Shape& out, std::span<const Shape> inputs) const {
  const int64_t planes = out[0] * out[1], in_rows = inputs[0][2], in_columns = inputs[0][3];
  const float row_step = 1 / static_cast<float>(2 * rows), column_step = 1 / static_cast<float>(2 * columns);
  return [=, tall = places_of(in_rows, rows), wide = places_of(in_columns, columns)](StepInputs in, float* target) {
    for (int64_t p = 0; p < planes; ++p)
      for (const contract::LinearPlace& y : tall) {
        const float* upper = in[0] + (p * in_rows + y.low) * in_columns;
        const float* lower = in[0] + (p * in_rows + y.high) * in_columns;
        for (const contract::LinearPlace& x : wide) {
          const float share = static_cast<float>(x.second) * column_step;
          *target++ = between(between(upper[x.low], upper[x.high], share), between(lower[x.low], lower[x.high], share),
                              static_cast<float>(y.second) * row_step);
        }
      }
  };
}

void ResizeLinear::write_onnx(OnnxWriter& file) const {
  const Tensor scales{{4}, {1, 1, static_cast<float>(rows), static_cast<float>(columns)}};
  // The input between, a region of interest, is left out.
  file.add_node("Resize", {"", file.store("scales", scales)},
                {{"mode", "linear"}, {"coordinate_transformation_mode", "half_pixel"}});
}

void ResizeLinear::lower(Lowering& engine) const {
  const Lowering::Value in = engine.input(0, Layout::image);
  const Lowering::Target target = engine.target();
  const double real = in.scale / static_cast<double>(target.format.scale) / (4.0 * rows * columns);
  engine.keep(target,
              engine.builder().linear_upsample(engine.name(), in.tensor, rows, columns, engine.factor(real),
                                               target.format, target.clamp),
              Layout::image);
}

}  // namespace flashcell::quant
