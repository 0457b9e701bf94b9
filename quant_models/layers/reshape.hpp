#pragma once
#include <vector>

#include "quant_models/layers/aspects.hpp"
#include "quant_models/node_id.hpp"

namespace flashcell::quant {

/// The same numbers in the same order under another shape.
struct Reshape {
  Shape target;  ///< 0: as in the input; -1 (at most once): what remains

  static constexpr bool kIsView = true;

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<int32_t> moved_places(const Shape&, const Shape&, const std::vector<int32_t>& places) const {
    return places;
  }
  bool only_moves() const { return true; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Reshape&) const = default;
};

/// Reshapes a value of an ONNX file's node; the batch stays open where the first extent does not change.
NodeId emit_reshape(OnnxNode& node, NodeId value, Shape target);

}  // namespace flashcell::quant
