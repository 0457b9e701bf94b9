#pragma once
#include "host/label/aligned_array.hpp"
#include "host/label/arrange.hpp"
#include "host/label/geometry.hpp"
#include "pipeline/object_table.hpp"

namespace flashcell::host {

constexpr uint32_t kNoRecord = 0xFFFFFFFF;

/// Where the fast labellers measure their objects, and how those that are reported come into the table. Per frame and
/// colour class: begin(), measure, append().
class Finisher {
 public:
  /// Room for `max_objects` objects, of which at most `max_row` start in one strip.
  Finisher(const contract::LabelParameters& parameters, uint32_t max_objects, uint32_t max_row);

  /// Where `objects` objects are to be measured: in the table itself where all of them have room there.
  contract::ObjectRecord* begin(uint32_t objects, ObjectTable& table);

  /// Makes the measured objects (GrowingRecords) the table's and appends zeroed features where any are wanted; hlac[0]
  /// is there already. They are to be in order of the strip of 2^strip_shift rows where they start. Fills record_of().
  /// Returns the number of their pixels, reported or not.
  uint32_t append(int strip_shift, uint32_t colour_class, ObjectTable& table);

  /// Where each object's record is in the table; kNoRecord for those left out or lost.
  const uint32_t* record_of() const { return record_of_.get(); }

 private:
  uint32_t take_chosen(uint32_t arranged, ObjectTable& table);
  void append_features(uint32_t colour_class, ObjectTable& table);

  contract::LabelParameters parameters_;
  size_t old_size_ = 0;  // of the table, at begin()
  uint32_t objects_ = 0;
  bool in_table_ = false;
  AlignedArray<contract::ObjectRecord> records_, strip_records_;
  AlignedArray<Candidate> candidates_;
  AlignedArray<uint32_t> record_of_;
};

}  // namespace flashcell::host
