#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// The same numbers in the same order under another shape.
struct Reshape {
  Shape target;  ///< 0: as in the input; -1 (at most once): what remains

  static constexpr bool kIsView = true;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  void write_onnx(OnnxWriter& file) const;
  bool only_moves() const { return true; }
  bool operator==(const Reshape&) const = default;
};

}  // namespace flashcell::quant
