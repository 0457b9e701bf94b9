#include "host/label/unpack_cells.hpp"

#include <algorithm>

namespace flashcell::host {
namespace {

constexpr int kCellSide = contract::kCellSide;

// Swaps, of two words, the upper parts of one with the lower parts of the other; `parts` is a mask of the lower ones.
void swap_parts(uint64_t& a, uint64_t& b, int shift, uint64_t parts) {
  const uint64_t differ = (a >> shift ^ b) & parts;
  a ^= differ << shift;
  b ^= differ;
}

// Eight words as a matrix of bytes: byte c of word r and byte r of word c change places.
void transpose(uint64_t* words) {
  for (int i = 0; i < 4; ++i) swap_parts(words[i], words[i + 4], 32, 0x00000000FFFFFFFF);
  for (const int i : {0, 1, 4, 5}) swap_parts(words[i], words[i + 2], 16, 0x0000FFFF0000FFFF);
  for (const int i : {0, 2, 4, 6}) swap_parts(words[i], words[i + 1], 8, 0x00FF00FF00FF00FF);
}

}  // namespace

void unpack_cells(std::span<const uint64_t> cells, BitImage& image) {
  const size_t columns = static_cast<size_t>(contract::cells_for(image.width()));
  const uint64_t* row = cells.data();
  for (int top = 0; top < image.padded_height(); top += kCellSide, row += columns) {
    for (int word = 0; word < image.words_per_row(); ++word) {
      const size_t first = static_cast<size_t>(word) * kCellSide;
      uint64_t block[kCellSide] = {};
      std::copy_n(row + first, std::min<size_t>(kCellSide, columns - first), block);
      uint64_t any = 0;
      for (const uint64_t cell : block) any |= cell;
      if (any != 0) transpose(block);
      for (int r = 0; r < kCellSide; ++r) image.row(top + r)[word] = block[r];
    }
  }
}

void pack_cells(const BitImage& image, std::span<uint64_t> cells) {
  const size_t columns = static_cast<size_t>(contract::cells_for(image.width()));
  uint64_t* row = cells.data();
  for (int top = 0; top < image.padded_height(); top += kCellSide, row += columns) {
    for (int word = 0; word < image.words_per_row(); ++word) {
      uint64_t block[kCellSide];
      for (int r = 0; r < kCellSide; ++r) block[r] = image.row(top + r)[word];
      transpose(block);
      const size_t first = static_cast<size_t>(word) * kCellSide;
      std::copy_n(block, std::min<size_t>(kCellSide, columns - first), row + first);
    }
  }
}

}  // namespace flashcell::host
