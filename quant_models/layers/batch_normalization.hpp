#pragma once
#include <vector>

#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// y = scale * (x - mean) / sqrt(variance + epsilon) + bias, channel by channel (dimension 1).
struct BatchNormalization {
  Tensor scale, bias, mean, variance;  ///< C each
  float epsilon = 1e-5F;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<const Tensor*> parameters() const { return {&scale, &bias, &mean, &variance}; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  void take_trained(const TrainedValues& values);
  bool operator==(const BatchNormalization&) const = default;
};

}  // namespace flashcell::quant
