#pragma once
#include <cstdint>

#include "host/label/object_selection.hpp"
#include "kernels_hls/contract/object.hpp"

namespace flashcell::host {

/// How records are to be arranged.
struct Arrangement {
  uint32_t min_area, max_area;
  int strip_shift;        ///< objects come in order of the strip of 2^strip_shift rows where they start
  bool keep_numbers;      ///< class_id is to hold the object's number still
  uint32_t colour_class;  ///< what it holds otherwise
};

/// Memory for one strip's objects, and one more.
struct StripScratch {
  contract::ObjectRecord* records;
  Candidate* candidates;
};

struct Arranged {
  uint32_t records = 0;                             ///< that passed the area filter
  uint64_t pixels = 0;                              ///< of all objects, those that did not pass, too
  uint32_t too_small = 0;                           ///< objects below min_area
  uint32_t largest_too_small = 0;                   ///< px; 0: none
  uint32_t smallest_too_large = contract::kNoArea;  ///< px; kNoArea: none
};

/// Takes `objects` records as they were measured (GrowingRecords in host/label/geometry.hpp), makes them what the
/// contract says, leaves out those that the area filter rejects, and sorts the others by first pixel; all in place.
Arranged arrange_records(const Arrangement& how, uint32_t objects, const StripScratch& scratch,
                         contract::ObjectRecord* records);

}  // namespace flashcell::host
