#pragma once
#include "host/label/cell_grid.hpp"
#include "host/label/run_table.hpp"
#include "kernels_hls/contract/object.hpp"

// HLAC features (kernels_hls/contract/hlac.hpp): each pattern is a popcount of the pixels AND their shifted neighbours.
// Both functions add to records[record_of[…]] and leave out what has kNoRecord (host/label/finish.hpp). The records'
// areas must be there already.
namespace flashcell::host {

/// record_of: by object of `table`.
void add_hlac_of_runs(const BitImage& mask, const RunTable& table, const uint32_t* record_of,
                      contract::ObjectRecord* records);

/// record_of: by cell, row*columns + column; read where `occupied` is set.
void add_hlac_of_cells(const CellGrid& grid, const BitImage& occupied, const uint32_t* record_of,
                       contract::ObjectRecord* records);

}  // namespace flashcell::host
