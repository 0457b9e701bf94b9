#pragma once
#include <stdint.h>

#include "kernels_hls/common/hls.hpp"

// Arithmetic inside one cell's word: bit 8*r + c is the pixel in row r, column c.
namespace flashcell {
namespace kernels {

constexpr uint64_t kColumn0 = 0x0101010101010101u;
constexpr uint64_t kColumn7 = 0x8080808080808080u;

/// Number of set bits: a tree of adders.
inline int popcount(uint64_t word) {
  word -= (word >> 1) & 0x5555555555555555u;
  word = (word & 0x3333333333333333u) + ((word >> 2) & 0x3333333333333333u);
  word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
  return static_cast<int>((word * kColumn0) >> 56);
}

/// The lowest set bit alone.
inline uint64_t lowest_bit(uint64_t word) {
  return word & (~word + 1);
}

/// The lowest run of set bits alone.
inline uint32_t lowest_run(uint32_t bits) {
  const uint32_t low = bits & (~bits + 1u);
  return bits & ~(bits + low);
}

inline uint32_t top_row(uint64_t cell) {
  return static_cast<uint32_t>(cell & 0xFF);
}
inline uint32_t bottom_row(uint64_t cell) {
  return static_cast<uint32_t>(cell >> 56);
}
/// A column as 8 bits, bit r for row r.
inline uint32_t left_column(uint64_t cell) {
  return static_cast<uint32_t>(((cell & kColumn0) * 0x0102040810204080u) >> 56);
}
inline uint32_t right_column(uint64_t cell) {
  return left_column(cell >> 7);
}

/// The other way round: bit r of `column` becomes pixel 0 of row r.
inline uint64_t as_left_column(uint32_t column) {
  const uint64_t in_rows = (column * kColumn0) & 0x8040201008040201u;
  return ((in_rows + 0x7F7F7F7F7F7F7F7Fu) >> 7) & kColumn0;
}

/// A side's pixels and the ones next to them on the same side.
inline uint32_t with_side_neighbours(uint32_t side) {
  return (side | side << 1 | side >> 1) & 0xFF;
}

/// Index of the lowest set bit; 0 where there is none.
inline int lowest_index(uint64_t word) {
  return word == 0 ? 0 : popcount(lowest_bit(word) - 1);
}

/// Index of the highest set bit of eight; 0 where there is none.
inline int highest_index(uint32_t side) {
  int index = 0;
  for (int i = 0; i < 8; ++i) {
    FLASHCELL_HLS(UNROLL)
    if ((side >> i) & 1) index = i;
  }
  return index;
}

/// Sum of the pixels' columns, 0 .. 7 each.
inline int sum_of_columns(uint64_t cell) {
  return popcount(cell & 0xAAAAAAAAAAAAAAAAu) + 2 * popcount(cell & 0xCCCCCCCCCCCCCCCCu) +
         4 * popcount(cell & 0xF0F0F0F0F0F0F0F0u);
}
/// … and of their rows.
inline int sum_of_rows(uint64_t cell) {
  return popcount(cell & 0xFF00FF00FF00FF00u) + 2 * popcount(cell & 0xFFFF0000FFFF0000u) +
         4 * popcount(cell & 0xFFFFFFFF00000000u);
}

/// `part` and what of `cell` it reaches along rows, then along columns, then, for eight neighbours, round corners. Each
/// doubling step passes on what the steps before have reached (a parallel prefix).
inline uint64_t grow(uint64_t part, uint64_t cell, bool eight) {
  uint64_t east = part, west = part;
  uint64_t east_way = cell & ~kColumn0, west_way = cell & ~kColumn7;
  for (int step = 1; step < 8; step *= 2) {
    FLASHCELL_HLS(UNROLL)
    east |= east_way & (east << step);
    east_way &= east_way << step;
    west |= west_way & (west >> step);
    west_way &= west_way >> step;
  }
  uint64_t south = east | west, north = south;
  uint64_t south_way = cell, north_way = cell;
  for (int step = 8; step < 64; step *= 2) {
    FLASHCELL_HLS(UNROLL)
    south |= south_way & (south << step);
    south_way &= south_way << step;
    north |= north_way & (north >> step);
    north_way &= north_way >> step;
  }
  const uint64_t grown = south | north;
  if (!eight) return grown;
  const uint64_t spread = ((grown & ~kColumn7) << 1) | ((grown & ~kColumn0) >> 1);
  return grown | (cell & (spread << 8 | spread >> 8));
}

}  // namespace kernels
}  // namespace flashcell
