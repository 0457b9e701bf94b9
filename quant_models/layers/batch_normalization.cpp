#include "quant_models/layers/batch_normalization.hpp"

#include <cmath>

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {

std::string BatchNormalization::describe() const {
  return "batch normalization";
}

Shape BatchNormalization::infer_shape(std::span<const Shape> in) const {
  require(in[0].size() >= 2, "its input has shape " + to_string(in[0]) + ", expected N x C x ...");
  require_vector(scale, in[0][1], "scale");
  require_vector(bias, in[0][1], "bias");
  require_vector(mean, in[0][1], "mean");
  require_vector(variance, in[0][1], "variance");
  for (const float v : variance.values)
    require(v + epsilon > 0 && std::isfinite(v + epsilon), "its variance plus epsilon is not above 0");
  return in[0];
}

Step BatchNormalization::make_step(const Shape& out, std::span<const Shape>) const {
  const AxisView view(out, 1);
  std::vector<float> factor, offset;
  for (size_t c = 0; c < scale.values.size(); ++c) {
    factor.push_back(scale.values[c] / std::sqrt(variance.values[c] + epsilon));
    offset.push_back(bias.values[c] - factor[c] * mean.values[c]);
  }
  return [=](StepInputs in, float* target) {
    int64_t i = 0;
    for (int64_t outer = 0; outer < view.outer; ++outer)
      for (size_t c = 0; c < factor.size(); ++c)
        for (const int64_t end = i + view.inner; i < end; ++i) target[i] = factor[c] * in[0][i] + offset[c];
  };
}

void BatchNormalization::write_onnx(OnnxWriter& file) const {
  const OnnxWriter::Names parameters = {file.store("scale", scale), file.store("bias", bias), file.store("mean", mean),
                                        file.store("variance", variance)};
  file.add_node("BatchNormalization", parameters, {{"epsilon", epsilon}});
}

}  // namespace flashcell::quant
