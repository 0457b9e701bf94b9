#pragma once
#include <vector>

#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// The mean over some dimensions.
struct ReduceMean {
  std::vector<int> axes;         ///< counted from the end when below 0; at least one
  bool keep_dimensions = false;  ///< with an extent of 1

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const ReduceMean&) const = default;
};

}  // namespace flashcell::quant
