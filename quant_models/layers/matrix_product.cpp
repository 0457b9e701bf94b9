#include "quant_models/layers/matrix_product.hpp"

#include <algorithm>

#include "quant_models/layers/pack_panels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/layers/matrix_product.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#ifndef FLASHCELL_QUANT_MATRIX_PRODUCT_ROWS
#define FLASHCELL_QUANT_MATRIX_PRODUCT_ROWS
namespace flashcell::quant {
/// Rows that are worked on together: with two vectors of columns each, their sums fit the registers of AVX-512.
inline constexpr int kGroupRows = 8;
/// What a group of rows needs: its packed matrix and bias, and where its output begins.
struct RowGroup {
  const float* packed;
  const float* bias;
  float* out;
  int64_t out_stride;
  int rows;  // 1..kGroupRows
};
}  // namespace flashcell::quant
#endif

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The first `count` of a vector; whole vectors without a detour.
template <class D>
void store_part(D d, hn::Vec<D> value, float* out, int count) {
  const int lanes = static_cast<int>(hn::Lanes(d));
  if (count >= lanes) return hn::StoreU(value, d, out);
  HWY_ALIGN float whole[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(value, d, whole);
  for (int i = 0; i < count; ++i) out[i] = whole[i];
}

// Two vectors of columns of all rows of a group.
void multiply_group(const RowGroup& group, int depth, const float* block, int columns) {
  const hn::ScalableTag<float> d;
  using Vector = hn::Vec<decltype(d)>;
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int column = 0; column < columns; column += 2 * lanes) {
    Vector a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    Vector e0 = a0, e1 = a0, f0 = a0, f1 = a0, g0 = a0, g1 = a0, h0 = a0, h1 = a0;
    const float* right = block + column;
    const float* left = group.packed;
    for (int k = 0; k < depth; ++k, right += MatrixProduct::kBlock, left += kGroupRows) {
      const Vector x = hn::LoadU(d, right), y = hn::LoadU(d, right + lanes);
      const auto add = [&](int row, Vector& first, Vector& second) HWY_ATTR {
        const Vector weight = hn::Set(d, left[row]);
        first = hn::Add(first, hn::Mul(weight, x));
        second = hn::Add(second, hn::Mul(weight, y));
      };
      add(0, a0, a1);
      add(1, b0, b1);
      add(2, c0, c1);
      add(3, d0, d1);
      add(4, e0, e1);
      add(5, f0, f1);
      add(6, g0, g1);
      add(7, h0, h1);
    }
    const auto finish = [&](int row, Vector first, Vector second) HWY_ATTR {
      if (row >= group.rows) return;
      const Vector bias = hn::Set(d, group.bias[row]);
      float* out = group.out + row * group.out_stride + column;
      store_part(d, hn::Add(first, bias), out, columns - column);
      if (columns - column > lanes) store_part(d, hn::Add(second, bias), out + lanes, columns - column - lanes);
    };
    finish(0, a0, a1);
    finish(1, b0, b1);
    finish(2, c0, c1);
    finish(3, d0, d1);
    finish(4, e0, e1);
    finish(5, f0, f1);
    finish(6, g0, g1);
    finish(7, h0, h1);
  }
}

}  // namespace flashcell::quant::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::quant {

HWY_EXPORT(multiply_group);

MatrixProduct::MatrixProduct(std::span<const float> matrix, int rows, int depth, std::span<const float> bias)
    : rows_(rows), depth_(depth) {
  const int groups = (rows + kGroupRows - 1) / kGroupRows;
  packed_.assign(static_cast<size_t>(groups) * kGroupRows * static_cast<size_t>(depth), 0.0F);
  bias_.assign(static_cast<size_t>(groups) * kGroupRows, 0.0F);
  std::copy(bias.begin(), bias.end(), bias_.begin());
  pack_panels(matrix.data(), rows, depth, depth, 1, kGroupRows, packed_);
}

void MatrixProduct::multiply(const float* block, int columns, float* out, int64_t out_stride) const {
  for (int row = 0; row < rows_; row += kGroupRows) {
    const RowGroup group = {packed_.data() + static_cast<size_t>(row) * static_cast<size_t>(depth_), bias_.data() + row,
                            out + row * out_stride, out_stride, std::min(kGroupRows, rows_ - row)};
    HWY_DYNAMIC_DISPATCH(multiply_group)(group, depth_, block, columns);
  }
}

}  // namespace flashcell::quant
#endif
