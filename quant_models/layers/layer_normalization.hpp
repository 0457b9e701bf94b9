#pragma once
#include <vector>

#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// y = scale * (x - mean) / sqrt(variance + epsilon) + bias, with mean and variance over the last dimensions, as many
/// as scale and bias have (Ba, Kiros and Hinton, Layer Normalization, 2016; the variance divides by the count).
struct LayerNormalization {
  Tensor scale, bias;  ///< of the shape of what is normalized together; both are always there
  float epsilon = 1e-5F;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<const Tensor*> parameters() const { return {&scale, &bias}; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  void take_trained(const TrainedValues& values);
  bool operator==(const LayerNormalization&) const = default;
};

}  // namespace flashcell::quant
