#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "tracking/object_count.hpp"
#include "tracking/track_row.hpp"

namespace flashcell {

/// Counts in how many frames as many objects were followed as there are said to be. A row counts where its object was
/// seen, alone or in a blob with others, and not where it is only predicted. Rows may come late.
class CountMeter {
 public:
  /// `reach`: frame numbers that rows come late at most.
  CountMeter(const tracking::ObjectCount& count, int64_t reach);

  /// Frame numbers rise. Allocates nothing.
  void add(int64_t frame, std::span<const tracking::TrackRow> rows, std::span<const tracking::TrackRow> late);

  /// Of all frames added so far.
  uint64_t met() const;

 private:
  struct Slot {
    int64_t frame = -1;
    int objects = 0;
  };
  Slot& slot_of(int64_t frame) { return slots_[static_cast<size_t>(frame) % slots_.size()]; }
  uint64_t met_in(const Slot& slot) const { return slot.frame >= 0 && count_.met_by(slot.objects) ? 1 : 0; }

  tracking::ObjectCount count_;
  std::vector<Slot> slots_;  ///< the frames that rows may still come for
  uint64_t met_ = 0;         ///< in those that are final
};

}  // namespace flashcell
