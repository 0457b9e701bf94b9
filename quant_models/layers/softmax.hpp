#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// exp(x) / sum of exp(x) along `axis`, or its logarithm.
struct Softmax {
  int axis = -1;           ///< below 0: from the end
  bool logarithm = false;  ///< x - log(sum of exp(x)); has no integer form, but the tail of a network may be it

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Softmax&) const = default;
};

}  // namespace flashcell::quant
