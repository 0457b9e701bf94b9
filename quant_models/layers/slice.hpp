#pragma once
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
  bool only_moves() const { return true; }
  bool operator==(const Slice&) const = default;
};

}  // namespace flashcell::quant
