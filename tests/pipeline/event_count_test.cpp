#include "pipeline/event_count.hpp"

#include <gtest/gtest.h>

#include <random>

namespace flashcell {
namespace {

TEST(EventCount, EachBoxHasTheEventsOfItsPixels) {
  std::mt19937 random(3);
  std::vector<Event> events;
  for (int i = 0; i < 3000; ++i)
    events.push_back(
        {i, static_cast<uint16_t>(random() % 64), static_cast<uint16_t>(random() % 48), random() % 3 == 0});
  std::vector<tracking::Detection> detections;
  // Whole pixels, one beyond the picture, one overlapping another.
  for (const tracking::Box& box : {tracking::Box{3, 5, 10, 7}, {8, 6, 20, 20}, {60, 40, 30, 30}, {-5, -5, 12, 12}}) {
    tracking::Detection detection;
    detection.box = box;
    detections.push_back(detection);
  }
  RecordVector<EventCount> counts;
  count_events(events, detections, counts);
  ASSERT_EQ(counts.size(), detections.size());
  std::vector<std::vector<int>> on(48, std::vector<int>(64)), off = on;
  for (const Event& e : events) ++(e.on ? on : off)[e.y][e.x];
  for (size_t d = 0; d < detections.size(); ++d) {
    const tracking::Box& box = detections[d].box;
    EventCount wanted;
    for (int y = std::max(0, static_cast<int>(box.top)); y < std::min(48.0, box.top + box.height); ++y) {
      for (int x = std::max(0, static_cast<int>(box.left)); x < std::min(64.0, box.left + box.width); ++x) {
        wanted.on += static_cast<uint32_t>(on[static_cast<size_t>(y)][static_cast<size_t>(x)]);
        wanted.off += static_cast<uint32_t>(off[static_cast<size_t>(y)][static_cast<size_t>(x)]);
      }
    }
    EXPECT_EQ(counts[d], wanted) << d;
    EXPECT_GT(wanted.on, 0U) << d;
  }
  count_events({}, detections, counts);
  EXPECT_TRUE(counts.empty());
}

}  // namespace
}  // namespace flashcell
