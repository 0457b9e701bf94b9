#include "host/label/cell_list.hpp"

namespace flashcell::host {

CellList::CellList(size_t max_cells) {
  constexpr size_t kSlack = 64;  // whole vectors are read, and one entry written in vain
  columns = hwy::AllocateAligned<uint16_t>(max_cells + kSlack);
  rows = hwy::AllocateAligned<uint16_t>(max_cells + kSlack);
  objects = hwy::AllocateAligned<uint32_t>(max_cells + kSlack);
  pixels = hwy::AllocateAligned<uint64_t>(max_cells + kSlack);
}

void CellList::fill(const CellGrid& grid, const BitImage& occupied, const RunTable& table) {
  uint32_t n = 0;
  const auto add = [&](int column, int row, uint32_t object, bool really) {
    columns[n] = static_cast<uint16_t>(column);
    rows[n] = static_cast<uint16_t>(row);
    objects[n] = object;
    pixels[n] = grid.cells()[grid.index(column, row)];
    n += really ? 1 : 0;
  };
  for (uint32_t run = 0; run < table.runs(); ++run) {
    const uint32_t object = table.object_of()[run];
    const int row = 2 * static_cast<int>(table.starts()[run] >> kStripShift);
    for (int column = static_cast<int>(table.starts()[run] & kColumnMask); column < occupied.width(); ++column) {
      const bool upper = occupied.get(column, row), lower = occupied.get(column, row + 1);
      if (!upper && !lower) break;
      add(column, row, object, upper);
      add(column, row + 1, object, lower);
    }
  }
  count = n;
}

}  // namespace flashcell::host
