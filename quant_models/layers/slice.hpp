#pragma once
#include <vector>

#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// Every step-th index from begin to before end, along one dimension.
struct Slice {
  int axis = 1;
  int64_t begin = 0, end = 0, step = 1;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<int32_t> moved_places(const Shape& in, const Shape& out, const std::vector<int32_t>& places) const;
  bool only_moves() const { return true; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Slice&) const = default;
};

}  // namespace flashcell::quant
