#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// Values one behind the other along one dimension. Along another than the first (the batch) a value of one item is
/// joined to every item, as transformers do with their class token.
struct Concat {
  int axis = 1;

  static constexpr InputCount kInputs{1, 4096};

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Concat&) const = default;
};

}  // namespace flashcell::quant
