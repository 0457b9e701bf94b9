#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// Quotient of two values, extents of 1 stretched as NumPy does.
struct Divide {
  static constexpr InputCount kInputs{2, 2};

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Divide&) const = default;
};

}  // namespace flashcell::quant
