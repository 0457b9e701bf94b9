#include "pipeline/count_meter.hpp"

#include <algorithm>

namespace flashcell {

CountMeter::CountMeter(const tracking::ObjectCount& count, int64_t reach)
    : count_(count), slots_(static_cast<size_t>(std::clamp<int64_t>(reach, 0, 1 << 20)) + 1) {}

void CountMeter::add(int64_t frame, std::span<const tracking::TrackRow> rows,
                     std::span<const tracking::TrackRow> late) {
  Slot& slot = slot_of(frame);
  met_ += met_in(slot);
  slot = {frame, 0};
  for (const std::span<const tracking::TrackRow> some : {rows, late}) {
    for (const tracking::TrackRow& row : some) {
      Slot& its = slot_of(row.frame);
      if (its.frame == row.frame && row.state != tracking::TrackState::predicted) ++its.objects;
    }
  }
}

uint64_t CountMeter::met() const {
  uint64_t met = met_;
  for (const Slot& slot : slots_) met += met_in(slot);
  return met;
}

}  // namespace flashcell
