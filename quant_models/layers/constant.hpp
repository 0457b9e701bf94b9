#pragma once
#include <vector>

#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// A fixed value.
struct Constant {
  Tensor value;

  static constexpr InputCount kInputs{0, 0};

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<const Tensor*> parameters() const { return {&value}; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Constant&) const = default;
};

}  // namespace flashcell::quant
