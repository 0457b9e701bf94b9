#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace flashcell::quant {

/// Rows (tokens) times a matrix in float32. Every number is scale * (((0 + a_0 b_0) + a_1 b_1) + ...) + bias in this
/// order, product and sum rounded one by one: the same bytes on every machine and for every vector width.
class RowProduct {
 public:
  RowProduct() = default;
  /// A matrix of depth x columns, laid out by pack().
  RowProduct(int depth, int columns, float scale = 1);

  /// Number (k, c) of the matrix is matrix[k * depth_stride + c * column_stride].
  void pack(const float* matrix, int64_t depth_stride, int64_t column_stride);
  /// One number a column; none unless set.
  void set_bias(std::span<const float> bias);

  /// out[r * columns + c] for `count` rows of `depth` numbers each, one row behind the other.
  void multiply(const float* rows, int64_t count, float* out) const;

  /// sums[r * columns + c] += number c of row r, for `count` rows that lie as columns: number k of row r is
  /// left[k * count + r]. Neither scale nor bias.
  void add_transposed(const float* left, int64_t count, float* sums) const;

  int depth() const { return depth_; }
  int columns() const { return columns_; }

 private:
  int depth_ = 0, columns_ = 0;
  float scale_ = 1;
  std::vector<float> packed_;  // kPanel columns at a time, k by k; padded with zeros
  std::vector<float> bias_;    // padded
};

}  // namespace flashcell::quant
