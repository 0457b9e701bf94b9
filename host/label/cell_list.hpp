#pragma once
#include <cstdint>

#include "host/label/aligned_array.hpp"
#include "host/label/cell_grid.hpp"
#include "host/label/geometry.hpp"
#include "host/label/run_table.hpp"

namespace flashcell::host {

/// The occupied cells of a frame, an object's neighbours mostly one after the other.
struct CellList {
  uint32_t count = 0;
  AlignedArray<uint16_t> columns, rows;  ///< of each cell
  AlignedArray<uint32_t> objects;        ///< that each belongs to
  AlignedArray<uint64_t> pixels;         ///< of each, as in the grid

  explicit CellList(size_t max_cells);

  /// The cells of `grid` in the runs that `table` found in `occupied`.
  void fill(const CellGrid& grid, const BitImage& occupied, const RunTable& table);
};

/// Moments, box and first pixel of the objects made of the cells of `list`, in a frame `width` px wide, in the
/// state that GrowingRecords (host/label/geometry.hpp) tells of.
void measure_cells(const CellList& list, int width, contract::ObjectRecord* records);

}  // namespace flashcell::host
