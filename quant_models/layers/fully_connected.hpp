#pragma once
#include <optional>
#include <vector>

#include "quant_models/layers/aspects.hpp"
#include "quant_models/tensor/quantization.hpp"

namespace flashcell::quant {

/// y = W x + b along the last dimension: ... x I -> ... x O.
struct FullyConnected {
  Tensor weight;  ///< O x I
  Tensor bias;    ///< O, or empty
  std::optional<Quantization> weight_quantization = {};

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<const Tensor*> parameters() const { return {&weight, &bias}; }
  int64_t macs_per_number(std::span<const Shape>) const { return weight.shape[1]; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  void take_trained(const TrainedValues& values);
  bool operator==(const FullyConnected&) const = default;
};

}  // namespace flashcell::quant
