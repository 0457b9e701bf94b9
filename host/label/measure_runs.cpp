#include <algorithm>
#include <bit>
#include <cstring>

#include "host/label/geometry.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/measure_runs.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

// A run is measured in pieces of at most 56 columns: a window of 64 bits that starts at any bit is one load and one shift, and 57 of
// its bits are valid. `upper` and `lower` are a piece's pixels in the strip's rows, bit 0 in the column where the piece starts.
HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kPieceColumns = 56;

// What is left of runs that are longer than a piece.
struct Leftovers {
  uint32_t count = 0;
  uint32_t* starts;
  uint32_t* objects;
};

#if HWY_TARGET == HWY_SCALAR

void measure_pieces(const BitImage& mask, int rows_per_strip, const uint32_t* starts, const uint32_t* objects, size_t count,
                    Leftovers& leftovers, Geometry* geometry) {
  for (size_t i = 0; i < count; ++i) {
    const int x = static_cast<int>(starts[i] & kColumnMask), y = static_cast<int>(starts[i] >> kStripShift) * rows_per_strip;
    Geometry& g = geometry[objects[i]];
    int column = x;
    for (; column < x + kPieceColumns && column < mask.width(); ++column) {
      const bool upper = mask.get(column, y), lower = rows_per_strip == 2 && mask.get(column, y + 1);
      if (!upper && !lower) break;
      for (int row = upper ? y : y + 1; row <= (lower ? y + 1 : y); ++row) {
        const uint64_t ux = static_cast<uint64_t>(column), uy = static_cast<uint64_t>(row);
        g.m00 += 1;
        g.m10 += ux;
        g.m01 += uy;
        g.m20 += ux * ux;
        g.m11 += ux * uy;
        g.m02 += uy * uy;
        g.box = std::min(g.box & 0xFFFF, ux) | std::min(g.box >> 16 & 0xFFFF, uy) << 16 |
                std::min(g.box >> 32 & 0xFFFF, 0xFFFF - ux) << 32 | std::min(g.box >> 48, 0xFFFF - uy) << 48;
        g.first_pixel = std::min(g.first_pixel, uy * static_cast<uint64_t>(mask.width()) + ux);
      }
    }
    if (column == x + kPieceColumns && column < mask.width()) {
      // Goes on here, or has ended: then the next piece is empty.
      leftovers.starts[leftovers.count] = starts[i] + kPieceColumns;
      leftovers.objects[leftovers.count++] = objects[i];
    }
  }
}

#else

using U64 = hn::CappedTag<uint64_t, 8>;
using Vector = hn::Vec<U64>;
using U8 = hn::Repartition<uint8_t, U64>;
using U32 = hn::Repartition<uint32_t, U64>;
using I32 = hn::Repartition<int32_t, U64>;
using I16 = hn::Repartition<int16_t, U64>;
using Bytes = hn::Vec<U8>;

constexpr size_t kMaxLanes = hn::MaxLanes(U64());

HWY_INLINE Vector constant(uint64_t value) { return hn::Set(U64(), value); }

// Products of values below 2^32.
HWY_INLINE Vector times(Vector a, Vector b) {
  return hn::MulEven(hn::BitCast(U32(), a), hn::BitCast(U32(), b));
}

// In each byte: the number of set bits, the sum of their positions, the sum of the positions' squares.
struct ByteSums {
  Bytes count, sum, squares;
};

HWY_INLINE ByteSums byte_sums(Vector bits) {
  alignas(16) static constexpr uint8_t kCount[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
  alignas(16) static constexpr uint8_t kSumLow[16] = {0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6};
  alignas(16) static constexpr uint8_t kSumHigh[16] = {0, 4, 5, 9, 6, 10, 11, 15, 7, 11, 12, 16, 13, 17, 18, 22};
  alignas(16) static constexpr uint8_t kSquaresLow[16] = {0, 0, 1, 1, 4, 4, 5, 5, 9, 9, 10, 10, 13, 13, 14, 14};
  alignas(16) static constexpr uint8_t kSquaresHigh[16] = {0,  16, 25, 41, 36, 52, 61, 77, 49, 65, 74, 90, 85, 101, 110, 126};
  const U8 d;
  const Vector nibble = constant(0x0F0F0F0F0F0F0F0Full);
  const Bytes low = hn::BitCast(d, hn::And(bits, nibble));
  const Bytes high = hn::BitCast(d, hn::And(hn::ShiftRight<4>(bits), nibble));
  const auto look_up = [&](const uint8_t* table, Bytes index) HWY_ATTR {
    return hn::TableLookupBytes(hn::LoadDup128(d, table), index);
  };
  return {hn::Add(look_up(kCount, low), look_up(kCount, high)), hn::Add(look_up(kSumLow, low), look_up(kSumHigh, high)),
          hn::Add(look_up(kSquaresLow, low), look_up(kSquaresHigh, high))};
}

// Sum over the eight bytes j of each lane of bytes[j] * weight(j), where `weights` holds weight(0), weight(2), weight(4), weight(6) in
// 16 bits each and the odd bytes' weights are those plus `step`.
HWY_INLINE hn::Vec<I32> weigh(Bytes bytes, uint64_t even_weights, uint64_t odd_weights) {
  const I16 d16;
  const I32 d32;
  const auto even = hn::BitCast(d16, hn::And(hn::BitCast(U64(), bytes), constant(0x00FF00FF00FF00FFull)));
  const auto odd = hn::ShiftRight<8>(hn::BitCast(hn::Repartition<uint16_t, U64>(), bytes));
  auto second = hn::Zero(d32);
  auto first = hn::ReorderWidenMulAccumulate(d32, even, hn::BitCast(d16, constant(even_weights)), hn::Zero(d32), second);
  first = hn::ReorderWidenMulAccumulate(d32, hn::BitCast(d16, odd), hn::BitCast(d16, constant(odd_weights)), first, second);
  return hn::RearrangeToOddPlusEven(first, second);
}

// The two halves of each lane added.
HWY_INLINE Vector add_halves(hn::Vec<I32> v) {
  const Vector both = hn::BitCast(U64(), v);
  return hn::Add(hn::And(both, constant(0xFFFFFFFF)), hn::ShiftRight<32>(both));
}

constexpr uint64_t four(uint64_t a, uint64_t b, uint64_t c, uint64_t d) { return a | b << 16 | c << 32 | d << 48; }

HWY_INLINE Vector sum_of_counts(const ByteSums& s) { return hn::SumsOf8(s.count); }

// Sum of the positions of a lane's set bits: position is 8 j + i in byte j.
HWY_INLINE Vector sum_of_positions(const ByteSums& s) {
  return hn::Add(add_halves(weigh(s.count, four(0, 16, 32, 48), four(8, 24, 40, 56))), hn::SumsOf8(s.sum));
}

// (8 j + i)^2 = 64 j^2 + 16 j i + i^2.
HWY_INLINE Vector sum_of_squares(const ByteSums& s) {
  const auto whole = weigh(s.count, four(0, 256, 1024, 2304), four(64, 576, 1600, 3136));
  const auto mixed = weigh(s.sum, four(0, 32, 64, 96), four(16, 48, 80, 112));
  return hn::Add(add_halves(hn::Add(whole, mixed)), hn::SumsOf8(s.squares));
}

// Number of zero bits below the lowest set bit; 64 when there is none.
HWY_INLINE Vector trailing_zeros(Vector v) {
  return hn::PopulationCount(hn::AndNot(v, hn::Sub(v, constant(1))));
}

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
  const Vector shift = hn::Sub(x, hn::ShiftLeft<3>(byte));
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

HWY_INLINE void add_piece(const uint64_t* sums, const uint64_t* rest, Geometry& g) {
  const hn::CappedTag<uint64_t, 4> d;
  const hn::CappedTag<uint64_t, 2> pair;
  for (size_t i = 0; i < 4; i += hn::Lanes(d)) {
    hn::Store(hn::Add(hn::Load(d, &g.m00 + i), hn::Load(d, sums + i)), d, &g.m00 + i);
  }
  hn::Store(hn::Add(hn::Load(pair, &g.m11), hn::Load(pair, rest)), pair, &g.m11);
  const hn::Repartition<uint16_t, decltype(pair)> d16;
  const auto box = hn::Min(hn::Load(d16, reinterpret_cast<uint16_t*>(&g.box)),
                           hn::Load(d16, reinterpret_cast<const uint16_t*>(rest + 2)));
  const uint64_t first_pixel = std::min(g.first_pixel, rest[3]);
  hn::Store(hn::BitCast(pair, box), pair, &g.box);
  g.first_pixel = first_pixel;
}

// Pieces at starts[i], i < count <= the number of lanes; the arrays are readable up to that number.
template <bool kTwoRows>
HWY_INLINE void measure_lanes(const BitImage& mask, const uint32_t* starts, const uint32_t* objects, size_t count,
                              Leftovers& leftovers, Geometry* geometry) {
  const U64 d;
  const Vector start = hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint32_t, U64>(), starts));
  const Vector strip = hn::ShiftRight<kStripShift>(start);
  const Vector x = hn::And(start, constant(kColumnMask));
  const Vector y = kTwoRows ? hn::Add(strip, strip) : strip;
  Windows window = load_windows<kTwoRows>(mask, strip, x);

  // The run goes on while either row has pixels.
  const Vector either = hn::Or(window.upper, window.lower);
  const Vector run = hn::AndNot(hn::Add(either, constant(1)), either);
  const Vector piece = hn::And(run, constant((uint64_t{1} << kPieceColumns) - 1));
  const Vector upper = hn::And(window.upper, piece), lower = hn::And(window.lower, piece);

  // Of the two rows together: their OR is all columns of the piece, their AND is counted bit by bit.
  const Vector columns = hn::PopulationCount(piece);
  const Vector one = constant(1);
  const Vector pairs = times(columns, hn::Sub(columns, one));  // n (n - 1)
  const Vector sixfold = times(pairs, hn::Sub(hn::Add(columns, columns), one));
  Vector n = columns;
  Vector sum = hn::ShiftRight<1>(pairs);
  Vector squares = hn::ShiftRight<34>(times(sixfold, constant(0xAAAAAAABull)));  // a sixth
  Vector n_lower = hn::Zero(d), sum_lower = n_lower;
  if (kTwoRows) {
    const ByteSums both = byte_sums(hn::And(upper, lower));
    n = hn::Add(n, sum_of_counts(both));
    sum = hn::Add(sum, sum_of_positions(both));
    squares = hn::Add(squares, sum_of_squares(both));
    const ByteSums in_lower = byte_sums(lower);
    n_lower = sum_of_counts(in_lower);
    sum_lower = sum_of_positions(in_lower);
  }

  // From the piece's own coordinates to the frame's. Everything stays below 2^32 but m11 and m02.
  const Vector m10 = hn::Add(times(n, x), sum);
  const Vector m20 = hn::Add(times(x, hn::Add(m10, sum)), squares);
  const Vector m01 = hn::Add(times(n, y), n_lower);
  const Vector m02 = hn::Add(times(y, hn::Add(m01, n_lower)), n_lower);
  const Vector m11 = hn::Add(times(y, m10), hn::Add(times(n_lower, x), sum_lower));

  // Where the upper row has no pixel, the first one is the lower row's, in column x.
  const auto upper_empty = hn::Eq(upper, hn::Zero(d));
  const auto lower_empty = hn::Eq(lower, hn::Zero(d));
  const Vector top = hn::Add(y, hn::IfThenElseZero(upper_empty, one));
  const Vector bottom = hn::Add(y, hn::IfThenZeroElse(lower_empty, one));
  const Vector right = hn::Sub(hn::Add(x, columns), one);
  const Vector into_row = hn::IfThenZeroElse(upper_empty, trailing_zeros(upper));
  const Vector first = hn::Add(times(top, constant(static_cast<uint64_t>(mask.width()))), hn::Add(x, into_row));
  const Vector far_corner = hn::Or(hn::ShiftLeft<32>(right), hn::ShiftLeft<48>(bottom));
  const Vector box = hn::Xor(hn::Or(hn::Or(x, hn::ShiftLeft<16>(top)), far_corner), constant(0xFFFFFFFF00000000ull));

  alignas(64) uint64_t sums[4 * kMaxLanes];
  alignas(64) uint64_t rest[4 * kMaxLanes];
  hn::StoreInterleaved4(n, m10, m01, m20, d, sums);
  hn::StoreInterleaved4(m11, m02, box, first, d, rest);
  for (size_t i = 0; i < count; ++i) add_piece(sums + 4 * i, rest + 4 * i, geometry[objects[i]]);

  // Last, because the leftovers may lie where these pieces came from.
  const Vector goes_on = hn::And(run, constant(uint64_t{1} << kPieceColumns));
  if (HWY_UNLIKELY(!hn::AllFalse(d, hn::Ne(goes_on, hn::Zero(d))))) {
    hn::Store(goes_on, d, sums);
    for (size_t i = 0; i < count; ++i) {
      if (sums[i] == 0) continue;
      leftovers.starts[leftovers.count] = starts[i] + kPieceColumns;
      leftovers.objects[leftovers.count++] = objects[i];
    }
  }
}

void measure_pieces(const BitImage& mask, int rows_per_strip, const uint32_t* starts, const uint32_t* objects, size_t count,
                    Leftovers& leftovers, Geometry* geometry) {
  const size_t lanes = hn::Lanes(U64());
  for (size_t i = 0; i < count; i += lanes) {
    const size_t these = std::min(lanes, count - i);
    if (rows_per_strip == 2) {
      measure_lanes<true>(mask, starts + i, objects + i, these, leftovers, geometry);
    } else {
      measure_lanes<false>(mask, starts + i, objects + i, these, leftovers, geometry);
    }
  }
}

#endif

// In batches, so that the leftovers need little room; they are measured like runs, until none goes on.
void measure_all(const BitImage& mask, const RunTable& table, Geometry* geometry) {
  constexpr uint32_t kBatch = 256;
  uint32_t starts[kBatch + 16] = {}, objects[kBatch + 16] = {};  // readable past the end, for whole vectors
  for (uint32_t begin = 0; begin < table.runs(); begin += kBatch) {
    Leftovers leftovers{0, starts, objects};
    measure_pieces(mask, table.rows_per_strip(), table.starts() + begin, table.object_of() + begin,
                   std::min(kBatch, table.runs() - begin), leftovers, geometry);
    while (leftovers.count != 0) {
      const uint32_t count = leftovers.count;
      leftovers.count = 0;
      measure_pieces(mask, table.rows_per_strip(), starts, objects, count, leftovers, geometry);
    }
  }
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(measure_all);
}  // namespace

void measure_runs(const BitImage& mask, const RunTable& table, Geometry* geometry) {
  std::fill_n(geometry, table.objects(), kNoPixels);
  HWY_DYNAMIC_DISPATCH(measure_all)(mask, table, geometry);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
