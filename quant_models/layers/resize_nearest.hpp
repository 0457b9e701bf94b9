#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// Enlarges N x C x H x W by whole factors; each pixel becomes a block.
struct ResizeNearest {
  int rows = 2, columns = 2;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  bool only_moves() const { return true; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const ResizeNearest&) const = default;
};

}  // namespace flashcell::quant
