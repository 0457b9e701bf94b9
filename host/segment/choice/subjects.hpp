#pragma once
#include <cstdint>
#include <vector>

#include "host/segment/choice/expected_count.hpp"
#include "host/segment/choice/trial.hpp"

namespace flashcell::host {

/// Which objects of a trial are what the recording is about.
struct Subjects {
  bool move = false;                              ///< known by their motion; else because nothing else is there
  uint32_t min_area = 1, max_area = 0xFFFFFFFFu;  ///< px: keeps them, and goes midway to what they are not
  double least = 0, smaller = 0, median = 0, larger = 0, most = 0;  ///< px, their areas: ends, quartiles
  double contrast = 0;                                              ///< grey levels, median
  bool any() const { return median > 0; }
};

/// Those that move, are found again from frame to frame more often than chance has it, and their like. With a count,
/// those of which there are so many.
Subjects find_subjects(const std::vector<TrialFrame>& trial, const ExpectedCount& count);

/// Which sizes of objects move from frame to frame about as often as those do that are seen moving most.
class SteppingSizes {
 public:
  explicit SteppingSizes(const std::vector<TrialFrame>& trial);
  /// `area`: px. What is larger than those always is.
  bool has(float area) const;

 private:
  uint64_t sizes_ = 0;  // bit b: of the areas of bin b
};

/// Has moved, or been away, and was found again.
bool is_mobile(const TrialObject& object);

/// Is mobile, and moves now.
bool moves(const TrialObject& object);

/// Moves now, or is seen to have come to its place or left it.
bool has_moved(const TrialObject& object);

/// Scenery that the frame's edge cuts.
bool stands_at_edge(const TrialObject& object);

}  // namespace flashcell::host
