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
/// Numbers of a row at a time, so that a panel of them and the rows stay in the second cache.
inline constexpr int64_t kDepthTogether = 512;

/// What becomes of sums.
enum class Sums {
  kept,     ///< as they are: more is added
  scaled,   ///< and biases added
  onto_out  ///< added to what lies there
};

/// Rows and a panel of columns, and where their products go.
struct RowsAndPanel {
  const float* rows;  // number k of row r is rows[r * row_stride + k * step]
  int64_t row_stride, step;
  int row_count;  // 1..kTogether
  const float* panel;
  int columns;  // 1..kPanel
  int64_t depth;
  bool go_on;  // from the sums that lie in `out`
  Sums sums;
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
  for (int r = 0; r < kTogether; ++r) row[r] = t.rows + std::min(r, t.row_count - 1) * t.row_stride;
  for (int column = 0; column < t.columns; column += 2 * lanes) {
    Vector a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    Vector e0 = a0, e1 = a0, f0 = a0, f1 = a0, g0 = a0, g1 = a0, h0 = a0, h1 = a0;
    const int there = std::min(2 * lanes, t.columns - column);
    HWY_ALIGN float whole[kPanel] = {};
    const auto load = [&](int r, Vector& first, Vector& second) HWY_ATTR {
      if (r >= t.row_count) return;
      std::copy_n(t.out + r * t.out_stride + column, there, whole);
      first = hn::LoadU(d, whole);
      second = hn::LoadU(d, whole + lanes);
    };
    if (t.go_on) {
      load(0, a0, a1);
      load(1, b0, b1);
      load(2, c0, c1);
      load(3, d0, d1);
      load(4, e0, e1);
      load(5, f0, f1);
      load(6, g0, g1);
      load(7, h0, h1);
    }
    const float* right = t.panel + column;
    const int64_t end = t.depth * t.step;
    for (int64_t k = 0; k < end; k += t.step, right += kPanel) {
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
      float* out = t.out + r * t.out_stride + column;
      if (t.sums == Sums::onto_out) {
        std::copy_n(out, there, whole);
        first = hn::Add(hn::LoadU(d, whole), first);
        second = hn::Add(hn::LoadU(d, whole + lanes), second);
      } else if (t.sums == Sums::scaled) {
        first = hn::Add(hn::Mul(first, scale), bias[0]);
        second = hn::Add(hn::Mul(second, scale), bias[1]);
      }
      hn::StoreU(first, d, whole);
      hn::StoreU(second, d, whole + lanes);
      std::copy_n(whole, there, out);
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

namespace {

// All rows and panels of a block of numbers. The larger side is read once, the smaller one lies in the second cache.
void multiply_block(const RowsAndPanel& all, int64_t rows, int columns, int64_t panel_depth) {
  const auto multiply = [&](int64_t row, int column) {
    RowsAndPanel t = all;
    t.rows += row * t.row_stride;
    t.row_count = static_cast<int>(std::min<int64_t>(kTogether, rows - row));
    t.panel += column * panel_depth;
    t.columns = std::min(kPanel, columns - column);
    t.bias += column;
    t.out += row * t.out_stride + column;
    HWY_DYNAMIC_DISPATCH(multiply_rows)(t);
  };
  if (rows > columns) {
    for (int64_t row = 0; row < rows; row += kTogether)
      for (int column = 0; column < columns; column += kPanel) multiply(row, column);
  } else {
    for (int column = 0; column < columns; column += kPanel)
      for (int64_t row = 0; row < rows; row += kTogether) multiply(row, column);
  }
}

}  // namespace

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
  for (int64_t k = 0; k == 0 || k < depth_; k += kDepthTogether) {
    const int64_t depth = std::min<int64_t>(kDepthTogether, depth_ - k);
    const Sums sums = k + depth == depth_ ? Sums::scaled : Sums::kept;
    multiply_block({rows + k, depth_, 1, 0, packed_.data() + k * kPanel, 0, depth, k > 0, sums, scale_, bias_.data(),
                    out, columns_},
                   count, columns_, depth_);
  }
}

void RowProduct::add_transposed(const float* left, int64_t count, float* sums) const {
  multiply_block({left, 1, count, 0, packed_.data(), 0, depth_, false, Sums::onto_out, 1, bias_.data(), sums, columns_},
                 count, columns_, depth_);
}

}  // namespace flashcell::quant
#endif
