#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace flashcell::quant {

/// A matrix times a block of columns in float32. Every number is ((0 + a_0 b_0) + a_1 b_1) + ... in this order, product
/// and sum rounded one by one: the same bytes on every machine and for every vector width.
class MatrixProduct {
 public:
  /// Columns in a block of right-hand sides.
  static constexpr int kBlock = 192;

  MatrixProduct() = default;
  /// `matrix`: rows x depth, row-major; `bias`: one number a row, or empty.
  MatrixProduct(std::span<const float> matrix, int rows, int depth, std::span<const float> bias);

  /// out[row * out_stride + column] = bias[row] + sum over k of matrix[row][k] * block[k * kBlock + column],
  /// column = 0 .. columns-1 <= kBlock. All kBlock columns of `block` must be readable.
  void multiply(const float* block, int columns, float* out, int64_t out_stride) const;

  int rows() const { return rows_; }
  int depth() const { return depth_; }

 private:
  int rows_ = 0, depth_ = 0;
  std::vector<float> packed_;  // kRows rows at a time, k by k
  std::vector<float> bias_;    // padded to whole groups of rows
};

}  // namespace flashcell::quant
