#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// What a caller provides: the graph's input.
struct Input {
  Shape shape;

  static constexpr InputCount kInputs{0, 0};

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Input&) const = default;
};

}  // namespace flashcell::quant
