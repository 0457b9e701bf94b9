#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "host/label/object_selection.hpp"
#include "host/launch/launch_layout.hpp"
#include "pipeline/object_table.hpp"

// Result regions in memory: object tables from them, and the other way round.
namespace flashcell::host {

/// The header of a result region.
contract::ResultHeader read_header(const std::byte* region);

/// Where an object lies in its region, bytes: as far from the one before as the kernel says.
uint64_t object_at(const contract::ResultHeader& header, uint32_t object);

/// Why the region does not hold the results of the frame with this sequence number, a text that stays; null when it
/// does.
const char* header_problem(const LaunchLayout& layout, const contract::ResultHeader& header, uint32_t sequence);

/// Turns result regions into object tables, the same bytes as a labeller's: sorted, chosen where they do not all fit.
class ResultReader {
 public:
  explicit ResultReader(uint32_t max_objects) : max_objects_(max_objects) {}

  /// Appends one region's objects as class `class_id`. A frame's classes are to be appended in ascending order to a
  /// cleared table; `header` is the region's own and has no header_problem(). Null, or why the region is damaged, a
  /// text that stays. Allocates nothing once it has seen so many objects.
  const char* append(const LaunchLayout& layout, const contract::ResultHeader& header, const std::byte* region,
                     uint32_t class_id, ObjectTable& table);

 private:
  const uint32_t max_objects_;
  std::vector<Candidate> candidates_;
};

/// Turns object tables into result regions, in the order in which a kernel that sees one row of cells at a time finds
/// objects complete.
class ResultWriter {
 public:
  /// `table` holds class `class_id` alone, at most the job's capacity; `region` has room for it.
  void write(const LaunchLayout& layout, const ObjectTable& table, uint32_t sequence, uint32_t class_id,
             std::span<std::byte> region);

 private:
  std::vector<uint32_t> order_;  // of the objects' ends
};

/// A region that says why there are no results.
void write_refusal(contract::ResultStatus status, uint32_t sequence, std::span<std::byte> region);

}  // namespace flashcell::host
