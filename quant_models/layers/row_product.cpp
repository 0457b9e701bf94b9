#include "quant_models/layers/row_product.hpp"

#include <algorithm>

#include "quant_models/layers/pack_panels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/layers/row_product.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#ifndef FLASHCELL_QUANT_ROW_PRODUCT_PANEL
#define FLASHCELL_QUANT_ROW_PRODUCT_PANEL
namespace flashcell::quant {
/// Columns of the matrix that lie side by side: two vectors of AVX-512.
inline constexpr int kPanel = 32;
/// Rows that are worked on together: with two vectors of columns each, their sums fit the registers of AVX-512.
inline constexpr int kTogether = 8;
/// Rows and a panel of columns, and where their products go.
struct RowsAndPanel {
  const float* rows;  // depth numbers each
  int row_count;      // 1..kTogether
  const float* panel;
  int columns;  // 1..kPanel
  int depth;
  float scale;
  const float* bias;
  float* out;
  int64_t out_stride;
};
}  // namespace flashcell::quant
#endif

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void multiply_rows(const RowsAndPanel& t) {
  const hn::CappedTag<float, kPanel / 2> d;
  using Vector = hn::Vec<decltype(d)>;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const float* row[kTogether];
  for (int r = 0; r < kTogether; ++r) row[r] = t.rows + int64_t{std::min(r, t.row_count - 1)} * t.depth;
  for (int column = 0; column < t.columns; column += 2 * lanes) {
    Vector a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    Vector e0 = a0, e1 = a0, f0 = a0, f1 = a0, g0 = a0, g1 = a0, h0 = a0, h1 = a0;
    const float* right = t.panel + column;
    for (int k = 0; k < t.depth; ++k, right += kPanel) {
      const Vector x = hn::LoadU(d, right), y = hn::LoadU(d, right + lanes);
      const auto add = [&](int r, Vector& first, Vector& second) HWY_ATTR {
        const Vector left = hn::Set(d, row[r][k]);
        first = hn::Add(first, hn::Mul(left, x));
        second = hn::Add(second, hn::Mul(left, y));
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
    const Vector scale = hn::Set(d, t.scale);
    const Vector bias[] = {hn::LoadU(d, t.bias + column), hn::LoadU(d, t.bias + column + lanes)};
    const auto finish = [&](int r, Vector first, Vector second) HWY_ATTR {
      if (r >= t.row_count) return;
      HWY_ALIGN float whole[kPanel];
      hn::StoreU(hn::Add(hn::Mul(first, scale), bias[0]), d, whole);
      hn::StoreU(hn::Add(hn::Mul(second, scale), bias[1]), d, whole + lanes);
      std::copy_n(whole, std::min(2 * lanes, t.columns - column), t.out + r * t.out_stride + column);
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

HWY_EXPORT(multiply_rows);

RowProduct::RowProduct(int depth, int columns, float scale) : depth_(depth), columns_(columns), scale_(scale) {
  const size_t panels = (static_cast<size_t>(columns) + kPanel - 1) / kPanel;
  packed_.assign(panels * kPanel * static_cast<size_t>(depth), 0.0F);
  bias_.assign(panels * kPanel, 0.0F);
}

void RowProduct::pack(const float* matrix, int64_t depth_stride, int64_t column_stride) {
  pack_panels(matrix, columns_, depth_, column_stride, depth_stride, kPanel, packed_);
}

void RowProduct::set_bias(std::span<const float> bias) {
  std::copy(bias.begin(), bias.end(), bias_.begin());
}

void RowProduct::multiply(const float* rows, int64_t count, float* out) const {
  for (int first = 0; first < columns_; first += kPanel) {
    RowsAndPanel t{rows,
                   0,
                   packed_.data() + int64_t{first} * depth_,
                   std::min(kPanel, columns_ - first),
                   depth_,
                   scale_,
                   bias_.data() + first,
                   out,
                   columns_};
    for (int64_t r = 0; r < count; r += kTogether) {
      t.rows = rows + r * depth_;
      t.row_count = static_cast<int>(std::min<int64_t>(kTogether, count - r));
      t.out = out + r * columns_ + first;
      HWY_DYNAMIC_DISPATCH(multiply_rows)(t);
    }
  }
}

}  // namespace flashcell::quant
#endif
