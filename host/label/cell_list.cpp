#include "host/label/cell_list.hpp"

#include <bit>

namespace flashcell::host {

CellList::CellList(size_t max_cells) {
  constexpr size_t kSlack = 64;  // whole vectors are read, and one entry written in vain
  columns = aligned_array<uint16_t>(max_cells + kSlack);
  rows = aligned_array<uint16_t>(max_cells + kSlack);
  objects = aligned_array<uint32_t>(max_cells + kSlack);
  pixels = aligned_array<uint64_t>(max_cells + kSlack);
}

void CellList::fill(const CellGrid& grid, const BitImage& occupied, const RunTable& table) {
  uint32_t n = 0;
  for (uint32_t run = 0; run < table.runs(); ++run) {
    const uint32_t object = table.object_of()[run];
    const int row = 2 * static_cast<int>(table.starts()[run] >> kStripShift);
    const uint64_t *upper_row = occupied.row(row), *lower_row = occupied.row(row + 1);
    const uint64_t *upper_cells = grid.cells() + grid.index(0, row), *lower_cells = upper_cells + grid.stride();
    // Written always and kept by arithmetic.
    const auto add = [&](int column, int cell_row, uint64_t cell, uint64_t really) {
      columns[n] = static_cast<uint16_t>(column);
      rows[n] = static_cast<uint16_t>(cell_row);
      objects[n] = object;
      pixels[n] = cell;
      n += static_cast<uint32_t>(really & 1);
    };
    int column = static_cast<int>(table.starts()[run] & kColumnMask);
    int length;  // of the run's part in this word
    do {
      const uint64_t upper = upper_row[column >> 6] >> (column & 63), lower = lower_row[column >> 6] >> (column & 63);
      length = std::countr_one(upper | lower);
      for (int i = 0; i < length; ++i) {
        add(column + i, row, upper_cells[column + i], upper >> i);
        add(column + i, row + 1, lower_cells[column + i], lower >> i);
      }
      column += length;
    } while (length != 0 && (column & 63) == 0 && column < occupied.width());
  }
  count = n;
}

}  // namespace flashcell::host
