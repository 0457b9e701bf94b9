#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

enum class ElementwiseKind {
  square_root,
  reciprocal,
  exponential,
  logarithm,
  error_function,
  absolute,
  power,  ///< x ^ exponent
};

/// A function of each number that networks use to build others of: normalization, activations.
struct Elementwise {
  ElementwiseKind kind = ElementwiseKind::square_root;
  float exponent = 1;  ///< of power

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Elementwise&) const = default;
};

}  // namespace flashcell::quant
