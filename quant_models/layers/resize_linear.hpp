#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// Enlarges N x C x H x W by whole factors, each pixel between the nearest two in each direction: half-pixel centres,
/// beyond the edge the edge's pixels.
struct ResizeLinear {
  int rows = 2, columns = 2;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const ResizeLinear&) const = default;
};

}  // namespace flashcell::quant
