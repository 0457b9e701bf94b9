#pragma once
#include <vector>

#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// A border of one value, all around or along some dimensions.
struct Pad {
  std::vector<int64_t> before, after;  ///< one for each dimension
  float value = 0;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<int32_t> moved_places(const Shape& in, const Shape& out, const std::vector<int32_t>& places) const;
  bool only_moves() const { return value == 0; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Pad&) const = default;
};

}  // namespace flashcell::quant
