#pragma once
#include "kernels_hls/cell_label/sizes.hpp"
#include "kernels_hls/contract/object.hpp"

// What is measured, of one cell and of a whole object, in no more bits than that needs. Each struct lists its fields
// for who counts storage: fields(visit) calls visit(field) for each.
namespace flashcell {
namespace kernels {

constexpr int kPatterns = contract::kHlacCount - 1;  ///< without order 0, which is the area

/// Counts of pixels, which add up and do not depend on where the object is; empty where a build does not measure them.
template <bool kKept, class Value, int kCount>
struct Counts {
  Value values[kCount];
  template <class Other>
  void add(const Other& other) {
    for (int i = 0; i < kCount; ++i) {
      FLASHCELL_HLS(UNROLL)
      values[i] += other.values[i];
    }
  }
  template <class Other>
  void take(const Other& other) {
    for (int i = 0; i < kCount; ++i) {
      FLASHCELL_HLS(UNROLL)
      values[i] = other.values[i];
    }
  }
  uint64_t at(int i) const { return values[i].to_uint64(); }
  template <class Visit>
  void fields(Visit& visit) const {
    visit(values);
  }
};
template <class Value, int kCount>
struct Counts<false, Value, kCount> {
  template <class Other>
  void add(const Other&) {}
  template <class Other>
  void take(const Other&) {}
  uint64_t at(int) const { return 0; }
  template <class Visit>
  void fields(Visit&) const {}
};

constexpr int kHueCounts = contract::kHueBins + 1;  ///< the last one counts achromatic pixels

/// Grey sums and peak; empty likewise.
template <bool kKept, class Sum, class Moment>
struct GreySums {
  Sum i;
  Moment ix, iy;
  ap_uint<16> peak;
  void add(const GreySums& other) {
    i += other.i;
    ix += other.ix;
    iy += other.iy;
    if (other.peak > peak) peak = other.peak;
  }
  uint64_t at(int lane) const { return lane == 0 ? i.to_uint64() : lane == 1 ? ix.to_uint64() : iy.to_uint64(); }
  uint64_t largest() const { return peak.to_uint64(); }
  template <class Visit>
  void fields(Visit& visit) const {
    visit(i), visit(ix), visit(iy), visit(peak);
  }
};
template <class Sum, class Moment>
struct GreySums<false, Sum, Moment> {
  void add(const GreySums&) {}
  uint64_t at(int) const { return 0; }
  uint64_t largest() const { return 0; }
  template <class Visit>
  void fields(Visit&) const {}
};

/// One object's part of one cell. Sums are over coordinates inside the cell, 0 .. 7.
template <class S>
struct Measured {
  typename S::CellIndex column, row;
  ap_uint<7> n;
  ap_uint<8> x, y;
  ap_uint<11> xx, yy;
  ap_uint<10> xy;
  ap_uint<3> left, top, right, bottom;
  ap_uint<3> first_x;  ///< leftmost pixel of the top row
  Counts<S::kHlac, ap_uint<7>, kPatterns> hlac;
  Counts<S::kHue, ap_uint<7>, kHueCounts> hue;
  GreySums<S::kIntensity, ap_uint<22>, ap_uint<24>> grey;

  template <class Visit>
  void fields(Visit& visit) const {
    visit(column), visit(row), visit(n), visit(x), visit(y), visit(xx), visit(yy), visit(xy);
    visit(left), visit(top), visit(right), visit(bottom), visit(first_x);
    hlac.fields(visit), hue.fields(visit), grey.fields(visit);
  }
};

/// What one object has gathered, in the frame's coordinates.
template <class S>
struct Features {
  typename S::SecondMoment m20, m02;
  typename S::MixedMoment m11;
  typename S::FirstMoment m10, m01;
  typename S::Area m00;
  typename S::Coordinate left, top, right, bottom;
  typename S::Coordinate first_x;  ///< leftmost pixel of row `top`: the first pixel in raster order
  Counts<S::kHlac, typename S::Pattern, kPatterns> hlac;
  Counts<S::kHue, typename S::Area, kHueCounts> hue;
  GreySums<S::kIntensity, typename S::GreySum, typename S::GreyMoment> grey;

  template <class Visit>
  void fields(Visit& visit) const {
    visit(m20), visit(m02), visit(m11), visit(m10), visit(m01), visit(m00);
    visit(left), visit(top), visit(right), visit(bottom), visit(first_x);
    hlac.fields(visit), hue.fields(visit), grey.fields(visit);
  }

  /// Adds another part of the same object.
  void add(const Features& other) {
    m20 += other.m20;
    m02 += other.m02;
    m11 += other.m11;
    m10 += other.m10;
    m01 += other.m01;
    m00 += other.m00;
    if (other.top < top || (other.top == top && other.first_x < first_x)) first_x = other.first_x;
    if (other.top < top) top = other.top;
    if (other.left < left) left = other.left;
    if (other.right > right) right = other.right;
    if (other.bottom > bottom) bottom = other.bottom;
    hlac.add(other.hlac);
    hue.add(other.hue);
    grey.add(other.grey);
  }
};

/// Grey sums in the frame's coordinates, where a build keeps them.
template <bool kKept>
struct PlaceGrey {
  template <class S>
  static void run(const Measured<S>& cell, uint64_t x0, uint64_t y0, Features<S>& out) {
    const uint64_t i = cell.grey.i.to_uint64();
    out.grey.i = i;
    out.grey.ix = i * x0 + cell.grey.ix.to_uint64();
    out.grey.iy = i * y0 + cell.grey.iy.to_uint64();
    out.grey.peak = cell.grey.peak;
  }
};
template <>
struct PlaceGrey<false> {
  template <class S>
  static void run(const Measured<S>&, uint64_t, uint64_t, Features<S>&) {}
};

/// A cell's part in the frame's coordinates: sums over x = x0 + dx expand into those over dx.
template <class S>
Features<S> placed(const Measured<S>& cell) {
  const uint64_t x0 = 8 * cell.column.to_uint64(), y0 = 8 * cell.row.to_uint64();
  const uint64_t n = cell.n.to_uint64(), x = cell.x.to_uint64(), y = cell.y.to_uint64();
  Features<S> out;
  out.m00 = n;
  out.m10 = n * x0 + x;
  out.m01 = n * y0 + y;
  out.m20 = n * x0 * x0 + 2 * x0 * x + cell.xx.to_uint64();
  out.m02 = n * y0 * y0 + 2 * y0 * y + cell.yy.to_uint64();
  out.m11 = n * x0 * y0 + x0 * y + y0 * x + cell.xy.to_uint64();
  out.left = x0 + cell.left.to_uint64();
  out.right = x0 + cell.right.to_uint64();
  out.top = y0 + cell.top.to_uint64();
  out.bottom = y0 + cell.bottom.to_uint64();
  out.first_x = x0 + cell.first_x.to_uint64();
  out.hlac.take(cell.hlac);
  out.hue.take(cell.hue);
  PlaceGrey<S::kIntensity>::run(cell, x0, y0, out);
  return out;
}

}  // namespace kernels
}  // namespace flashcell
