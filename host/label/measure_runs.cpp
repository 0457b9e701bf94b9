#include <algorithm>

#include "host/label/geometry.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/measure_runs.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>
//
#include "host/label/moments-inl.hpp"

// A run is measured in pieces of at most 56 columns: a window of 64 bits that starts at any bit is one load and one
// shift, and 57 of its bits are valid. `upper` and `lower` are a piece's pixels in the strip's rows, bit 0 in the
// column where the piece starts.
HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void measure_all(const BitImage& mask, const RunTable& table, GrowingRecords& growing) {
  const int rows = table.rows_per_strip();
  for (uint32_t i = 0; i < table.runs(); ++i) {
    const int y = static_cast<int>(table.starts()[i] >> kStripShift) * rows;
    const uint32_t object = table.object_of()[i];
    for (int x = static_cast<int>(table.starts()[i] & kColumnMask); x < mask.width(); ++x) {
      const bool upper = mask.get(x, y), lower = rows == 2 && mask.get(x, y + 1);
      if (!upper && !lower) break;
      if (upper) add_pixel(x, y, mask.width(), object, growing);
      if (lower) add_pixel(x, y + 1, mask.width(), object, growing);
    }
  }
}

#else

constexpr int kPieceColumns = 56;

struct Windows {
  Vector upper, lower;
};

// The pixels from column x on, of the strips' rows. `row_bytes` is at least 8.
template <bool kTwoRows>
HWY_INLINE Windows load_windows(const BitImage& mask, Vector strip, Vector x) {
  const hn::Rebind<int64_t, U64> di;
  const uint64_t row_bytes = static_cast<uint64_t>(mask.words_per_row()) * 8;
  // Not past the row's end: there a window starts earlier and is shifted further.
  const Vector byte = hn::Min(hn::ShiftRight<3>(x), constant(row_bytes - 8));
  const Vector shift =
      hn::Min(hn::Sub(x, hn::ShiftLeft<3>(byte)), constant(63));  // an ended run's x may lie further out
  const Vector offset = hn::Add(times(strip, constant(kTwoRows ? 2 * row_bytes : row_bytes)), byte);
  Windows w;
  w.upper = hn::Shr(hn::GatherOffset(U64(), mask.row(0), hn::BitCast(di, offset)), shift);
  w.lower = hn::Zero(U64());
  if (kTwoRows) {
    const Vector below = hn::Add(offset, constant(row_bytes));
    w.lower = hn::Shr(hn::GatherOffset(U64(), mask.row(0), hn::BitCast(di, below)), shift);
  }
  return w;
}

// Runs that start at starts[i], i < count <= the number of lanes; the arrays are readable up to that number.
template <bool kTwoRows>
HWY_INLINE void measure_lanes(const BitImage& mask, const uint32_t* starts, const uint32_t* objects, size_t count,
                              PieceAdder& adder) {
  const U64 d;
  auto active = hn::FirstN(d, count);
  const Vector start = hn::IfThenElseZero(active, hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint32_t, U64>(), starts)));
  const Vector strip = hn::ShiftRight<kStripShift>(start);
  const Vector y = kTwoRows ? hn::Add(strip, strip) : strip;
  Vector x = hn::And(start, constant(kColumnMask));
  // Piece after piece, until none of the runs goes on.
  for (;;) {
    const Windows window = load_windows<kTwoRows>(mask, strip, x);
    // The run goes on while either row has pixels.
    const Vector either = hn::IfThenElseZero(active, hn::Or(window.upper, window.lower));
    const Vector run = hn::AndNot(hn::Add(either, constant(1)), either);
    const Vector piece = hn::And(run, constant((uint64_t{1} << kPieceColumns) - 1));
    const Vector upper = hn::And(window.upper, piece), lower = hn::And(window.lower, piece);

    // Of the two rows together: their OR is all columns of the piece, their AND is counted bit by bit.
    const Vector columns = hn::PopulationCount(piece);
    const Vector one = constant(1);
    const Vector pairs = times(columns, hn::Sub(columns, one));  // n (n - 1)
    const Vector sixfold = times(pairs, hn::Sub(hn::Add(columns, columns), one));
    LocalSums local;
    local.n = columns;
    local.x = hn::ShiftRight<1>(pairs);
    local.xx = hn::ShiftRight<34>(times(sixfold, constant(0xAAAAAAABull)));  // a sixth
    local.y = local.yy = local.xy = hn::Zero(d);
    if (kTwoRows) {
      const ByteSums both = byte_sums(hn::And(upper, lower));
      local.n = hn::Add(local.n, hn::SumsOf8(both.count));
      local.x = hn::Add(local.x, sum_of_positions(both));
      local.xx = hn::Add(local.xx, sum_of_squares(both));
      const ByteSums in_lower = byte_sums(lower);
      local.y = local.yy = hn::SumsOf8(in_lower.count);
      local.xy = sum_of_positions(in_lower);
    }

    // Where the upper row has no pixel, the first one is the lower row's, in column x.
    const auto upper_empty = hn::Eq(upper, hn::Zero(d));
    Box box;
    box.left = x;
    box.right = hn::Sub(hn::Add(x, columns), one);
    box.top = hn::Add(y, hn::IfThenElseZero(upper_empty, one));
    box.bottom = hn::Add(y, hn::IfThenZeroElse(hn::Eq(lower, hn::Zero(d)), one));
    const Vector into_row = hn::IfThenZeroElse(upper_empty, trailing_zeros(upper));
    const Vector first = hn::Add(times(box.top, constant(static_cast<uint64_t>(mask.width()))), hn::Add(x, into_row));
    add_lanes(local, x, y, box, first, hn::Eq(columns, hn::Zero(d)), objects, count, adder);

    active = hn::TestBit(run, constant(uint64_t{1} << kPieceColumns));
    if (HWY_LIKELY(hn::AllFalse(d, active))) return;
    x = hn::Add(x, constant(kPieceColumns));
  }
}

void measure_all(const BitImage& mask, const RunTable& table, GrowingRecords& growing) {
  const uint32_t lanes = static_cast<uint32_t>(hn::Lanes(U64()));
  PieceAdder adder(growing);
  for (uint32_t i = 0; i < table.runs(); i += lanes) {
    const uint32_t count = std::min(lanes, table.runs() - i);
    if (table.rows_per_strip() == 2) {
      measure_lanes<true>(mask, table.starts() + i, table.object_of() + i, count, adder);
    } else {
      measure_lanes<false>(mask, table.starts() + i, table.object_of() + i, count, adder);
    }
  }
}

#endif

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(measure_all);
}  // namespace

void measure_runs(const BitImage& mask, const RunTable& table, contract::ObjectRecord* records) {
  GrowingRecords growing{records};
  HWY_DYNAMIC_DISPATCH(measure_all)(mask, table, growing);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
