#include "host/label/hlac.hpp"

#include <algorithm>
#include <bit>

#include "host/label/finish.hpp"
#include "kernels_hls/contract/hlac.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/hlac.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::CappedTag<uint64_t, 8>;
using Vector = hn::Vec<Words>;

constexpr int kPatterns = contract::kHlacCount - 1;  // but for the first, which is the area
constexpr size_t kMaxLanes = hn::MaxLanes(Words());

// A word's pixels and those of their neighbours, shifted onto them, in contract/hlac.hpp's order.
struct Neighbourhood {
  Vector centre;
  Vector neighbours[8];
};

// Counts of patterns 1..24, one byte each: pattern 1 + 8*q + i is byte i of counts[q]. No count is above 255 when all
// centres together have at most 255 bits.
struct Counts {
  Vector bytes[kPatterns / 8];
};

HWY_INLINE Counts count_patterns(const Neighbourhood* words, int count) {
  const Words d;
  Counts counts;
  for (int q = 0; q < kPatterns / 8; ++q) {
    counts.bytes[q] = hn::Zero(d);
    for (int i = 0; i < 8; ++i) {
      const unsigned bits = contract::kHlacPatterns[1 + 8 * q + i].neighbours;
      const int first = std::countr_zero(bits), second = 31 - std::countl_zero(bits);
      Vector sum = hn::Zero(d);
      for (int k = 0; k < count; ++k) {
        const Vector pair = hn::And(words[k].neighbours[first], words[k].neighbours[second]);
        sum = hn::Add(sum, hn::PopulationCount(hn::And(words[k].centre, pair)));
      }
      counts.bytes[q] = hn::Or(counts.bytes[q], hn::ShiftLeftSame(sum, 8 * i));
    }
  }
  return counts;
}

// The bytes of one lane to an object's features.
HWY_INLINE void add_counts(const uint64_t (*bytes)[kMaxLanes], size_t lane, contract::ObjectFeatures& features) {
#if HWY_TARGET == HWY_SCALAR
  for (int i = 0; i < kPatterns; ++i) features.hlac[1 + i] += bytes[i / 8][lane] >> (8 * (i % 8)) & 0xFF;
#else
  const hn::CappedTag<uint32_t, 8> d32;
  const hn::Rebind<uint8_t, decltype(d32)> d8;
  for (int q = 0; q < kPatterns / 8; ++q) {
    const uint8_t* from = reinterpret_cast<const uint8_t*>(&bytes[q][lane]);
    uint32_t* to = features.hlac + 1 + 8 * q;
    for (size_t i = 0; i < 8; i += hn::Lanes(d32)) {
      hn::StoreU(hn::Add(hn::LoadU(d32, to + i), hn::PromoteTo(d32, hn::LoadU(d8, from + i))), d32, to + i);
    }
  }
#endif
}

HWY_INLINE void store_counts(const Counts& counts, uint64_t (*bytes)[kMaxLanes]) {
  for (int q = 0; q < kPatterns / 8; ++q) hn::Store(counts.bytes[q], Words(), bytes[q]);
}

// Cells moved by one pixel: what was in their left (right) neighbours comes in.
HWY_INLINE Vector from_left(Vector cell, Vector left) {
  const Words d;
  return hn::Or(hn::And(hn::ShiftLeft<1>(cell), hn::Set(d, 0xFEFEFEFEFEFEFEFEull)),
                hn::And(hn::ShiftRight<7>(left), hn::Set(d, 0x0101010101010101ull)));
}
HWY_INLINE Vector from_right(Vector cell, Vector right) {
  const Words d;
  return hn::Or(hn::And(hn::ShiftRight<1>(cell), hn::Set(d, 0x7F7F7F7F7F7F7F7Full)),
                hn::And(hn::ShiftLeft<7>(right), hn::Set(d, 0x8080808080808080ull)));
}

HWY_INLINE Neighbourhood cell_neighbourhood(const uint64_t* cell, size_t stride) {
  const Words d;
  // A column of cells moved up and down by one pixel row.
  const auto above = [&](const uint64_t* at) HWY_ATTR {
    return hn::Or(hn::ShiftLeft<8>(hn::LoadU(d, at)), hn::ShiftRight<56>(hn::LoadU(d, at - stride)));
  };
  const auto below = [&](const uint64_t* at) HWY_ATTR {
    return hn::Or(hn::ShiftRight<8>(hn::LoadU(d, at)), hn::ShiftLeft<56>(hn::LoadU(d, at + stride)));
  };
  const Vector centre = hn::LoadU(d, cell), north = above(cell), south = below(cell);
  return {centre,
          {from_left(north, above(cell - 1)), north, from_right(north, above(cell + 1)),
           from_left(centre, hn::LoadU(d, cell - 1)), from_right(centre, hn::LoadU(d, cell + 1)),
           from_left(south, below(cell - 1)), south, from_right(south, below(cell + 1))}};
}

void add_cells(const CellGrid& grid, const BitImage& occupied, const uint32_t* record_of,
               contract::ObjectFeatures* features) {
  const int lanes = static_cast<int>(hn::Lanes(Words()));
  alignas(64) uint64_t bytes[kPatterns / 8][kMaxLanes];
  for (int row = 0; row < grid.rows(); ++row, record_of += grid.columns()) {
    for (int column = 0; column < grid.columns(); column += lanes) {
      uint64_t these = occupied.row(row)[column / 64] >> (column % 64) & ((uint64_t{1} << lanes) - 1);
      if (these == 0) continue;
      const Neighbourhood n = cell_neighbourhood(grid.cells() + grid.index(column, row), grid.stride());
      store_counts(count_patterns(&n, 1), bytes);
      for (; these != 0; these &= these - 1) {
        const int lane = std::countr_zero(these);
        const uint32_t record = record_of[column + lane];
        if (record != kNoRecord) add_counts(bytes, static_cast<size_t>(lane), features[record]);
      }
    }
  }
}

// 57 columns of a row from column x - 1 on; nothing where `inside` is false.
template <class Mask>
HWY_INLINE Vector row_window(const BitImage& mask, Vector y, Mask inside, Vector x) {
  const Words d;
  const hn::RebindToSigned<Words> di;
  const uint64_t row_bytes = static_cast<uint64_t>(mask.words_per_row()) * 8;
  const auto at_edge = hn::Eq(x, hn::Zero(d));
  const Vector start = hn::IfThenZeroElse(at_edge, hn::Sub(x, hn::Set(d, 1)));
  const Vector byte = hn::Min(hn::ShiftRight<3>(start), hn::Set(d, row_bytes - 8));
  const Vector shift = hn::Min(hn::Sub(start, hn::ShiftLeft<3>(byte)), hn::Set(d, 63));
  Vector offset = hn::Add(hn::Mul(hn::IfThenElseZero(inside, y), hn::Set(d, row_bytes)), byte);
  const Vector loaded = hn::Shr(hn::GatherOffset(d, mask.row(0), hn::BitCast(di, offset)), shift);
  return hn::IfThenElseZero(inside, hn::IfThenElse(at_edge, hn::ShiftLeft<1>(loaded), loaded));
}

// `row` and its neighbour rows as windows from column x - 1 on, `piece` the columns that count, from x on.
HWY_INLINE Neighbourhood row_neighbourhood(Vector above, Vector row, Vector below, Vector piece) {
  return {hn::And(hn::ShiftRight<1>(row), piece),
          {above, hn::ShiftRight<1>(above), hn::ShiftRight<2>(above), row, hn::ShiftRight<2>(row), below,
           hn::ShiftRight<1>(below), hn::ShiftRight<2>(below)}};
}

// Runs are counted in pieces: of 57 columns the first and the last are only neighbours.
constexpr int kPieceColumns = 55;

void add_run_lanes(const BitImage& mask, const RunTable& table, uint32_t begin, uint32_t count,
                   const uint32_t* record_of, contract::ObjectFeatures* features) {
  const Words d;
  alignas(64) uint64_t start[kMaxLanes] = {};
  alignas(64) uint64_t bytes[kPatterns / 8][kMaxLanes];
  for (uint32_t i = 0; i < count; ++i) start[i] = table.starts()[begin + i];
  const bool two_rows = table.rows_per_strip() == 2;
  const Vector starts = hn::Load(d, start), one = hn::Set(d, 1), zero = hn::Zero(d);
  const Vector strip = hn::ShiftRight<kStripShift>(starts);
  const Vector y = two_rows ? hn::Add(strip, strip) : strip;
  const Vector below_y = hn::Add(y, two_rows ? hn::Set(d, 2) : one);
  Vector x = hn::And(starts, hn::Set(d, kColumnMask));
  auto active = hn::FirstN(d, count);
  const auto everywhere = hn::Eq(zero, zero);
  const auto has_above = hn::Ne(y, zero);
  const auto has_below = hn::Ne(below_y, hn::Set(d, static_cast<uint64_t>(mask.padded_height())));
  // Piece after piece, until none of the runs goes on.
  for (;;) {
    const Vector above = row_window(mask, hn::Sub(y, one), has_above, x);
    const Vector upper = row_window(mask, y, everywhere, x);
    const Vector lower = two_rows ? row_window(mask, hn::Add(y, one), everywhere, x) : zero;
    const Vector below = row_window(mask, below_y, has_below, x);
    const Vector either = hn::IfThenElseZero(active, hn::ShiftRight<1>(hn::Or(upper, lower)));
    const Vector run = hn::AndNot(hn::Add(either, one), either);
    const Vector piece = hn::And(run, hn::Set(d, (uint64_t{1} << kPieceColumns) - 1));
    Neighbourhood rows[2] = {row_neighbourhood(above, upper, two_rows ? lower : below, piece)};
    if (two_rows) rows[1] = row_neighbourhood(upper, lower, below, piece);
    store_counts(count_patterns(rows, two_rows ? 2 : 1), bytes);
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t record = record_of[table.object_of()[begin + i]];
      if (record != kNoRecord) add_counts(bytes, i, features[record]);
    }
    active = hn::TestBit(run, hn::Set(d, uint64_t{1} << kPieceColumns));
    if (HWY_LIKELY(hn::AllFalse(d, active))) return;
    x = hn::Add(x, hn::Set(d, kPieceColumns));
  }
}

void add_runs(const BitImage& mask, const RunTable& table, const uint32_t* record_of,
              contract::ObjectFeatures* features) {
  const uint32_t lanes = static_cast<uint32_t>(hn::Lanes(Words()));
  for (uint32_t i = 0; i < table.runs(); i += lanes) {
    add_run_lanes(mask, table, i, std::min(lanes, table.runs() - i), record_of, features);
  }
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(add_cells);
HWY_EXPORT(add_runs);
}  // namespace

void add_hlac_of_runs(const BitImage& mask, const RunTable& table, const uint32_t* record_of,
                      contract::ObjectFeatures* features) {
  HWY_DYNAMIC_DISPATCH(add_runs)(mask, table, record_of, features);
}

void add_hlac_of_cells(const CellGrid& grid, const BitImage& occupied, const uint32_t* record_of,
                       contract::ObjectFeatures* features) {
  HWY_DYNAMIC_DISPATCH(add_cells)(grid, occupied, record_of, features);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
