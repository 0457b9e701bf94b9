#pragma once
#include <cstddef>

#include "kernels_hls/contract/limits.hpp"

// Where a pixel is in Frame::cells.
namespace flashcell {

/// Cells of a picture of `width` x `height` px.
constexpr size_t cell_count(int width, int height) {
  return static_cast<size_t>(contract::cells_for(width)) * static_cast<size_t>(contract::cells_for(height));
}
/// The cell of pixel (x, y), where a row has `columns` cells.
constexpr size_t cell_of(int x, int y, size_t columns) {
  return static_cast<size_t>(y / contract::kCellSide) * columns + static_cast<size_t>(x / contract::kCellSide);
}
/// Its bit there.
constexpr int bit_in_cell(int x, int y) {
  return contract::kCellSide * (y % contract::kCellSide) + x % contract::kCellSide;
}

}  // namespace flashcell
