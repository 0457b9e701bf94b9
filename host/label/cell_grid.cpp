#include "host/label/cell_grid.hpp"

#include <algorithm>
#include <bit>

#include "kernels_hls/contract/limits.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/cell_grid.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 64 columns of eight rows, `stride` words apart, to eight cells.
void transpose_word(const uint64_t* rows, size_t stride, uint64_t* cells) {
  std::fill_n(cells, 8, 0);
  for (int r = 0; r < 8; ++r) {
    for (int c = 0; c < 8; ++c) cells[c] |= (rows[r * stride] >> (8 * c) & 0xFF) << (8 * r);
  }
}

#if HWY_TARGET != HWY_SCALAR
// The same for 128 columns: bytes, then pairs, then fours of rows are interleaved.
void transpose_two_words(const uint64_t* rows, size_t stride, uint64_t* cells) {
  const hn::FixedTag<uint8_t, 16> d8;
  const hn::FixedTag<uint16_t, 8> d16;
  const hn::FixedTag<uint32_t, 4> d32;
  const auto row = [&](int r) HWY_ATTR { return hn::LoadU(d8, reinterpret_cast<const uint8_t*>(rows + r * stride)); };
  const auto fours = [&](int r, bool upper) HWY_ATTR {
    const auto ab = upper ? hn::InterleaveUpper(d8, row(r), row(r + 1)) : hn::InterleaveLower(d8, row(r), row(r + 1));
    const auto cd =
        upper ? hn::InterleaveUpper(d8, row(r + 2), row(r + 3)) : hn::InterleaveLower(d8, row(r + 2), row(r + 3));
    return std::pair{hn::BitCast(d32, hn::InterleaveLower(d16, hn::BitCast(d16, ab), hn::BitCast(d16, cd))),
                     hn::BitCast(d32, hn::InterleaveUpper(d16, hn::BitCast(d16, ab), hn::BitCast(d16, cd)))};
  };
  uint32_t* out = reinterpret_cast<uint32_t*>(cells);
  for (const bool upper : {false, true}) {
    const auto first = fours(0, upper), second = fours(4, upper);
    hn::StoreU(hn::InterleaveLower(d32, first.first, second.first), d32, out);
    hn::StoreU(hn::InterleaveUpper(d32, first.first, second.first), d32, out + 4);
    hn::StoreU(hn::InterleaveLower(d32, first.second, second.second), d32, out + 8);
    hn::StoreU(hn::InterleaveUpper(d32, first.second, second.second), d32, out + 12);
    out += 16;
  }
}
#endif

// Cells of one row of cells; `words` is the number of words in a row of pixels.
void cut_row(const uint64_t* rows, size_t words, uint64_t* cells) {
  size_t w = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; w + 2 <= words; w += 2) transpose_two_words(rows + w, words, cells + 8 * w);
#endif
  for (; w < words; ++w) transpose_word(rows + w, words, cells + 8 * w);
}

// Bits of the cells with at least min_pixels pixels, eight cells a byte; returns the pixels of all.
uint32_t find_occupied(const uint64_t* cells, size_t bytes, int min_pixels, uint8_t* occupied) {
  const hn::CappedTag<uint64_t, 8> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto below = hn::Set(di, min_pixels - 1);
  auto total = hn::Zero(d);
  for (size_t b = 0; b < bytes; ++b) {
    uint8_t bits = 0;
    for (size_t i = 0; i < 8; i += hn::Lanes(d)) {
      const auto pixels = hn::PopulationCount(hn::LoadU(d, cells + 8 * b + i));
      total = hn::Add(total, pixels);
      uint8_t few[8] = {};
      hn::StoreMaskBits(di, hn::Gt(hn::BitCast(di, pixels), below), few);
      bits = static_cast<uint8_t>(bits | few[0] << i);
    }
    occupied[b] = bits;
  }
  return static_cast<uint32_t>(hn::GetLane(hn::SumOfLanes(d, total)));
}

uint32_t load_cells(const BitImage& mask, int rows, size_t stride, int min_pixels, uint64_t* cells,
                    BitImage& occupied) {
  uint32_t pixels = 0;
  const size_t words = static_cast<size_t>(mask.words_per_row());
  const size_t bytes = static_cast<size_t>(contract::cells_for(occupied.width()));
  for (int row = 0; row < rows; ++row, cells += stride) {
    cut_row(mask.row(contract::kCellSide * row), words, cells);
    pixels += find_occupied(cells, bytes, min_pixels, reinterpret_cast<uint8_t*>(occupied.row(row)));
  }
  return pixels;
}

uint32_t copy_cells(const uint64_t* from, int columns, int rows, size_t stride, int min_pixels, uint64_t* cells,
                    BitImage& occupied) {
  uint32_t pixels = 0;
  const size_t bytes = static_cast<size_t>(contract::cells_for(columns));
  for (int row = 0; row < rows; ++row, cells += stride, from += columns) {
    std::copy_n(from, columns, cells);
    pixels += find_occupied(cells, bytes, min_pixels, reinterpret_cast<uint8_t*>(occupied.row(row)));
  }
  return pixels;
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(load_cells);
HWY_EXPORT(copy_cells);
}  // namespace

CellGrid::CellGrid(int width, int height)
    : columns_(contract::cells_for(width)),
      rows_(contract::cells_for(height)),
      stride_(static_cast<size_t>((width + 63) / 64) * 8 + 2 * kBorder) {
  const size_t count = stride_ * static_cast<size_t>(rows_ + 2);
  cells_ = aligned_array<uint64_t>(count);
  std::fill_n(cells_.get(), count, 0);
}

uint32_t CellGrid::load(const BitImage& mask, int min_pixels, BitImage& occupied) {
  return HWY_DYNAMIC_DISPATCH(load_cells)(mask, rows_, stride_, min_pixels, cells_.get() + index(0, 0), occupied);
}

uint32_t CellGrid::load(std::span<const uint64_t> cells, int min_pixels, BitImage& occupied) {
  return HWY_DYNAMIC_DISPATCH(copy_cells)(cells.data(), columns_, rows_, stride_, min_pixels,
                                          cells_.get() + index(0, 0), occupied);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
