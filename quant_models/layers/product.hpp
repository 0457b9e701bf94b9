#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

/// The product of two matrices of numbers: ... x M x K times ... x K x N -> ... x M x N, extents of 1 in the dimensions
/// before stretched as NumPy does; a value of one dimension is not taken. Attention is made of two.
struct Product {
  float scale = 1;  ///< of every number of the product

  static constexpr InputCount kInputs{2, 2};

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  int64_t macs_per_number(std::span<const Shape> in) const { return in[0].back(); }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Product&) const = default;
};

/// A node MatMul of an ONNX file whose second input is no fixed matrix.
void emit_product(OnnxNode& node);

}  // namespace flashcell::quant
