#pragma once
#include <cstdint>
#include <span>

#include "base/aligned_vector.hpp"
#include "pipeline/event.hpp"
#include "tracking/detection.hpp"

namespace flashcell {

/// Events in an object's box.
struct EventCount {
  uint32_t on = 0, off = 0;
  friend bool operator==(const EventCount&, const EventCount&) = default;
};

/// Those of each detection, into `counts` (cleared first). An event in several boxes counts in each. Without events, or
/// detections: none.
void count_events(std::span<const Event> events, std::span<const tracking::Detection> detections,
                  RecordVector<EventCount>& counts);

}  // namespace flashcell
