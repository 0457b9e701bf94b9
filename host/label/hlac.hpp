#pragma once
#include "host/label/cell_grid.hpp"
#include "host/label/run_table.hpp"
#include "kernels_hls/contract/object.hpp"

// HLAC features (kernels_hls/contract/hlac.hpp): each pattern is a popcount of the pixels AND their shifted neighbours.
// Both functions add to features[record_of[…]] and leave out what has kNoRecord (host/label/finish.hpp). The
// first pattern, the area, is there already.
namespace flashcell::host {

/// record_of: by object of `table`.
void add_hlac_of_runs(const BitImage& mask, const RunTable& table, const uint32_t* record_of,
                      contract::ObjectFeatures* features);

/// record_of: by cell, row*columns + column; read where `occupied` is set.
void add_hlac_of_cells(const CellGrid& grid, const BitImage& occupied, const uint32_t* record_of,
                       contract::ObjectFeatures* features);

}  // namespace flashcell::host
