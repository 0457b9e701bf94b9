#include "pipeline/event_count.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell {
namespace {

/// A box as pixels: [left, right) x [top, bottom).
struct PixelBox {
  int left, top, right, bottom;
  bool holds(const Event& e) const { return e.x >= left && e.x < right && e.y >= top && e.y < bottom; }
};

PixelBox pixels_of(const tracking::Box& box) {
  const auto at = [](double edge) { return static_cast<int>(std::lround(std::clamp(edge, 0.0, 65536.0))); };
  return {at(box.left), at(box.top), at(box.left + box.width), at(box.top + box.height)};
}

}  // namespace

void count_events(std::span<const Event> events, std::span<const tracking::Detection> detections,
                  RecordVector<EventCount>& counts) {
  counts.clear();
  if (events.empty()) return;
  for (const tracking::Detection& detection : detections) {
    const PixelBox box = pixels_of(detection.box);
    EventCount count;
    for (const Event& e : events) {
      if (box.holds(e)) ++(e.on ? count.on : count.off);
    }
    counts.push_back(count);
  }
}

}  // namespace flashcell
