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

/// A side's pixels and the ones next to them on the same side.
inline uint32_t with_side_neighbours(uint32_t side) {
  return (side | side << 1 | side >> 1) & 0xFF;
}

/// Pixels that touch the set across an edge or, for eight neighbours, a corner, and the set itself.
inline uint64_t dilate(uint64_t cell, bool eight) {
  const uint64_t row = cell | ((cell & ~kColumn7) << 1) | ((cell & ~kColumn0) >> 1);
  const uint64_t spread = eight ? row : cell;
  return row | spread << 8 | spread >> 8;
}

/// The connected part of `cell` that holds its lowest pixel.
inline uint64_t first_component(uint64_t cell, bool eight) {
  uint64_t part = lowest_bit(cell);
  for (int step = 0; step < 64; ++step) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT max = 32)
    const uint64_t grown = dilate(part, eight) & cell;
    if (grown == part) break;
    part = grown;
  }
  return part;
}

}  // namespace kernels
}  // namespace flashcell
