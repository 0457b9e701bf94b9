#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// x * Phi(x), Phi the distribution function of the normal distribution (Hendrycks and Gimpel, Gaussian Error Linear
/// Units, 2016).
struct Gelu {
  /// By tanh: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))); else x / 2 * (1 + erf(x / sqrt 2)).
  bool by_tanh = false;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Gelu&) const = default;
};

}  // namespace flashcell::quant
