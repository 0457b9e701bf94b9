#pragma once
#include <vector>

#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// Chosen indices of one dimension, in any order and any number of times.
struct Gather {
  int axis = 0;
  std::vector<int64_t> indices;  ///< from 0

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<int32_t> moved_places(const Shape& in, const Shape& out, const std::vector<int32_t>& places) const;
  bool only_moves() const { return true; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Gather&) const = default;
};

}  // namespace flashcell::quant
