#pragma once
#include <hwy/aligned_allocator.h>

#include "host/label/geometry.hpp"
#include "host/label/object_selection.hpp"

namespace flashcell::host {

constexpr uint32_t kNoRecord = 0xFFFFFFFF;

/// The last step of the fast labellers: from what was measured of all objects to the records of those that are
/// reported.
class Finisher {
 public:
  /// Room for `max_objects` objects, of which at most `max_row` start in one strip.
  Finisher(const contract::LabelParameters& parameters, uint32_t max_objects, uint32_t max_row);

  Geometry* geometry() { return geometry_.get(); }

  /// Appends the first `objects` entries of geometry() to the table. They are to be in order of the strip of
  /// `strip_rows` rows (a power of two) where they start. Fills record_of().
  void append(uint32_t objects, int strip_shift, uint32_t colour_class, ObjectTable& table);

  /// Where each object's record is in the table; kNoRecord for those filtered or lost.
  const uint32_t* record_of() const { return record_of_.get(); }

 private:
  uint32_t list_candidates(uint32_t objects, int strip_shift, contract::FrameSummary& summary);

  contract::LabelParameters parameters_;
  hwy::AlignedFreeUniquePtr<Geometry[]> geometry_;
  hwy::AlignedFreeUniquePtr<Candidate[]> candidates_;
  hwy::AlignedFreeUniquePtr<Candidate[]> waiting_;
  hwy::AlignedFreeUniquePtr<uint32_t[]> record_of_;
};

}  // namespace flashcell::host
