#include "quant_models/layers/softmax.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {

std::string Softmax::describe() const {
  return "softmax";
}

Shape Softmax::infer_shape(std::span<const Shape> in) const {
  resolve_axis(axis, in[0].size());
  return in[0];
}

Step Softmax::make_step(const Shape& out, std::span<const Shape>) const {
  const AxisView view(out, static_cast<size_t>(resolve_axis(axis, out.size())));
  return [=](StepInputs in, float* target) {
    for (int64_t line = 0; line < view.outer * view.inner; ++line) {
      const int64_t first = line / view.inner * view.extent * view.inner + line % view.inner;
      float most = in[0][first], sum = 0;
      for (int64_t i = 1; i < view.extent; ++i) most = std::max(most, in[0][first + i * view.inner]);
      for (int64_t i = 0; i < view.extent; ++i) {
        const float e = std::exp(in[0][first + i * view.inner] - most);
        target[first + i * view.inner] = e;
        sum += e;
      }
      for (int64_t i = 0; i < view.extent; ++i) target[first + i * view.inner] /= sum;
    }
  };
}

void Softmax::write_onnx(OnnxWriter& file) const {
  file.add_node("Softmax", {}, {{"axis", int64_t{axis}}});
}

}  // namespace flashcell::quant
