#include "quant_models/layers/batch_normalization.hpp"

#include <cmath>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

using onnx::vector_of;

void import_batch_normalization(OnnxNode& node) {
  node.require_attribute("training_mode", 0, 0);
  if (node.opset() < 9) node.require_attribute("spatial", 1, 1);
  if (node.opset() < 7) node.require_attribute("is_test", 1, 0);
  for (int i = 1; i < node.output_count(); ++i)
    if (node.has_output(i)) throw ModelError("it gives the batch's statistics: it was exported for training");
  const Shape& in = node.shape(0);
  if (in.size() < 2) throw ModelError("its input has no channels");
  BatchNormalization layer;
  Tensor* const parts[] = {&layer.scale, &layer.bias, &layer.mean, &layer.variance};
  const char* const names[] = {"scale", "bias", "mean", "variance"};
  for (int i = 0; i < 4; ++i) *parts[i] = vector_of(node.require_known(i + 1, names[i]), in[1], names[i]);
  layer.epsilon = node.real("epsilon", 1e-5F);
  node.emit(std::move(layer), {node.value(0)});
}

}  // namespace

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

OnnxOperators BatchNormalization::onnx_operators() {
  return {{"BatchNormalization", import_batch_normalization}};
}

void BatchNormalization::lower(Lowering& engine) const {
  engine.refuse("the engine has no such layer");
}

}  // namespace flashcell::quant
