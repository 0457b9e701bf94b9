#include <algorithm>
#include <bit>

#include "host/label/cell_list.hpp"
#include "host/label/geometry.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/measure_cells.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>
//
#include "host/label/moments-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void measure_all_cells(const CellList& list, int width, GrowingRecords& growing) {
  for (uint32_t i = 0; i < list.count; ++i) {
    for (uint64_t rest = list.pixels[i]; rest != 0; rest &= rest - 1) {
      const int bit = std::countr_zero(rest);
      add_pixel(8 * list.columns[i] + bit % 8, 8 * list.rows[i] + bit / 8, width, list.objects[i], growing);
    }
  }
}

#else

// Byte r of a cell is its row r.
HWY_INLINE LocalSums cell_sums(Vector cell) {
  const ByteSums row = byte_sums(cell);
  LocalSums s;
  s.n = hn::SumsOf8(row.count);
  s.x = hn::SumsOf8(row.sum);
  s.xx = hn::SumsOf8(row.squares);
  s.y = add_halves(weigh(row.count, four(0, 2, 4, 6), four(1, 3, 5, 7)));
  s.yy = add_halves(weigh(row.count, four(0, 4, 16, 36), four(1, 9, 25, 49)));
  s.xy = add_halves(weigh(row.sum, four(0, 2, 4, 6), four(1, 3, 5, 7)));
  return s;
}

// Position of the highest set bit of a cell that is not empty.
HWY_INLINE Vector highest_bit(Vector v) {
  v = hn::Or(v, hn::ShiftRight<1>(v));
  v = hn::Or(v, hn::ShiftRight<2>(v));
  v = hn::Or(v, hn::ShiftRight<4>(v));
  v = hn::Or(v, hn::ShiftRight<8>(v));
  v = hn::Or(v, hn::ShiftRight<16>(v));
  v = hn::Or(v, hn::ShiftRight<32>(v));
  return hn::Sub(hn::PopulationCount(v), constant(1));
}

void measure_all_cells(const CellList& list, int width, GrowingRecords& growing) {
  const U64 d;
  const hn::Rebind<uint16_t, U64> d16;
  const uint32_t lanes = static_cast<uint32_t>(hn::Lanes(d));
  PieceAdder adder(growing);
  for (uint32_t i = 0; i < list.count; i += lanes) {
    const uint32_t count = std::min(lanes, list.count - i);
    const Vector cell = hn::Load(d, &list.pixels[i]);
    const Vector x = hn::ShiftLeft<3>(
        hn::PromoteTo(d, hn::PromoteTo(hn::Rebind<uint32_t, U64>(), hn::LoadU(d16, &list.columns[i]))));
    const Vector y =
        hn::ShiftLeft<3>(hn::PromoteTo(d, hn::PromoteTo(hn::Rebind<uint32_t, U64>(), hn::LoadU(d16, &list.rows[i]))));

    // Columns that any row has a pixel in, as the lowest byte.
    Vector columns = hn::Or(cell, hn::ShiftRight<32>(cell));
    columns = hn::Or(columns, hn::ShiftRight<16>(columns));
    columns = hn::And(hn::Or(columns, hn::ShiftRight<8>(columns)), constant(0xFF));
    const Vector first_bit = trailing_zeros(cell);
    Box box;
    box.left = hn::Add(x, trailing_zeros(columns));
    box.right = hn::Add(x, highest_bit(columns));
    box.top = hn::Add(y, hn::ShiftRight<3>(first_bit));
    box.bottom = hn::Add(y, hn::ShiftRight<3>(highest_bit(cell)));
    const Vector first =
        hn::Add(times(box.top, constant(static_cast<uint64_t>(width))), hn::Add(x, hn::And(first_bit, constant(7))));
    add_lanes(cell_sums(cell), x, y, box, first, hn::Eq(cell, hn::Zero(d)), &list.objects[i], count, adder);
  }
}

#endif

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(measure_all_cells);
}  // namespace

void measure_cells(const CellList& list, int width, contract::ObjectRecord* records) {
  GrowingRecords growing{records};
  HWY_DYNAMIC_DISPATCH(measure_all_cells)(list, width, growing);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
