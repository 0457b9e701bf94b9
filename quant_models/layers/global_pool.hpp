#pragma once
#include "quant_models/layers/aspects.hpp"
#include "quant_models/layers/pool.hpp"

namespace flashcell::quant {

/// N x C x H x W -> N x C x 1 x 1.
struct GlobalPool {
  PoolKind kind = PoolKind::average;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  bool only_moves() const { return kind == PoolKind::max; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const GlobalPool&) const = default;
};

}  // namespace flashcell::quant
