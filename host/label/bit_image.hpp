#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels_hls/contract/limits.hpp"

namespace flashcell::host {

/// A binary frame, one bit a pixel: word x/64 of a row, bit x%64. 1 is foreground.
/// Rows are padded to whole words and the number of rows to whole cells; padding is 0, and who writes must keep it so.
class BitImage {
 public:
  BitImage() = default;
  BitImage(int width, int height) { resize(width, height); }

  /// Makes it width x height px and all background. Allocates only when it grows.
  void resize(int width, int height) {
    width_ = width;
    height_ = height;
    words_per_row_ = (width + 63) / 64;
    padded_height_ = contract::cells_for(height) * contract::kCellSide;
    words_.assign(static_cast<size_t>(words_per_row_) * padded_height_, 0);
  }

  int width() const { return width_; }
  int height() const { return height_; }
  int padded_height() const { return padded_height_; }
  int words_per_row() const { return words_per_row_; }
  uint64_t* row(int y) { return words_.data() + static_cast<size_t>(y) * words_per_row_; }
  const uint64_t* row(int y) const { return words_.data() + static_cast<size_t>(y) * words_per_row_; }
  bool get(int x, int y) const { return (row(y)[x >> 6] >> (x & 63)) & 1; }
  void set(int x, int y) { row(y)[x >> 6] |= uint64_t{1} << (x & 63); }

 private:
  int width_ = 0, height_ = 0, padded_height_ = 0, words_per_row_ = 0;
  std::vector<uint64_t> words_;
};

}  // namespace flashcell::host
