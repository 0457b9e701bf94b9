#pragma once
#include <cstdint>

#include "host/label/bit_image.hpp"
#include "host/label/run_table.hpp"
#include "kernels_hls/contract/object.hpp"

namespace flashcell::host {

/// Records while their objects are being measured. Then `right` and `bottom` hold their complement, so that all sides
/// of the box are minima, and class_id holds the object's number. Numbers come up in ascending order, so no record
/// needs to be cleared beforehand. arrange_records() makes them what the contract says.
struct GrowingRecords {
  contract::ObjectRecord* records;
  uint32_t begun = 0;  ///< objects that have pixels so far
};

/// Moments, box and first pixel of the objects of `table`, found in `mask`, into records[0 .. table.objects()-1], in
/// the state that GrowingRecords tells of.
void measure_runs(const BitImage& mask, const RunTable& table, contract::ObjectRecord* records);

}  // namespace flashcell::host
