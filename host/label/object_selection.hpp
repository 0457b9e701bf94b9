#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels_hls/contract/object.hpp"
#include "pipeline/object_table.hpp"

// Which objects of a frame go into the table, and in what order. For a labeller that holds all objects of one label()
// call:
//   1. make a Candidate of each object; leave out those that passes_filter() rejects and count them by
//   summary.leave_out();
//   2. kept = select_objects(candidates, parameters.max_objects, table): counts the lost ones, puts the kept ones
//   first;
//   3. append_objects(candidates[0 .. kept-1], …).
// The colour classes of a frame are to be labelled in ascending order, each once: then earlier classes never give way
// to later ones.
namespace flashcell::host {

struct Candidate {
  uint32_t first_pixel;
  uint32_t index;   ///< the labeller's own number of the object
  uint32_t bottom;  ///< last row of the box
};

inline bool passes_filter(const contract::LabelParameters& parameters, uint32_t area) {
  return area >= parameters.min_area && area <= parameters.max_area;
}

/// Sorts candidates by first_pixel. Fast where most are in order already.
void sort_by_first_pixel(std::span<Candidate> candidates);

/// Moves the candidates that fit into the table's remaining room to the front, sorted by first_pixel, and returns how
/// many. Where they do not all fit, those stay that are complete first (contract::FrameSummary), and the others are
/// added to summary.lost.
size_t select_objects(std::span<Candidate> candidates, uint32_t max_objects, ObjectTable& table);

/// Appends the objects and features that `kept` has the indices of; `features` is empty where none are measured.
void append_objects(std::span<const Candidate> kept, std::span<const contract::ObjectRecord> objects,
                    std::span<const contract::ObjectFeatures> features, ObjectTable& table);

}  // namespace flashcell::host
