#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "host/label/aligned_array.hpp"
#include "host/label/bit_image.hpp"

namespace flashcell::host {

/// A frame as cells (contract/limits.hpp), each one word, with a border of empty cells all around.
class CellGrid {
 public:
  CellGrid(int width, int height);

  /// Cuts `mask`, which has the size above, into cells, and sets the bit of each cell with at least `min_pixels`
  /// foreground pixels in `occupied` (columns() x rows()). Returns the number of foreground pixels.
  uint32_t load(const BitImage& mask, int min_pixels, BitImage& occupied);

  /// The same of cells that are cut already: Frame::cells, columns() x rows() of them.
  uint32_t load(std::span<const uint64_t> cells, int min_pixels, BitImage& occupied);

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  /// From one cell to the cell below it.
  size_t stride() const { return stride_; }
  size_t index(int column, int row) const {
    return static_cast<size_t>(row + 1) * stride_ + static_cast<size_t>(column) + kBorder;
  }
  const uint64_t* cells() const { return cells_.get(); }

 private:
  static constexpr size_t kBorder = 8;  // at the left and right: whole vectors

  int columns_, rows_;
  size_t stride_;
  AlignedArray<uint64_t> cells_;
};

}  // namespace flashcell::host
