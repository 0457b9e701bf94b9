#pragma once
#include <cstdint>
#include <vector>

#include "tracking/metrics/clear.hpp"
#include "tracking/metrics/hota.hpp"
#include "tracking/metrics/identity.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::test {

/// What a tracker is shown in one frame.
struct Sight {
  int64_t frame = 1;
  std::vector<tracking::Detection> detections;
};

/// Every row of a run, as an offline run writes them: with backfill.
inline std::vector<tracking::TrackRow> follow(const tracking::TrackerParameters& parameters, double fps,
                                              const std::vector<Sight>& sights,
                                              const tracking::Recognizer* recognizer = nullptr) {
  tracking::Tracker tracker(parameters, fps);
  tracker.set_recognizer(recognizer);
  std::vector<tracking::TrackRow> all;
  for (const Sight& sight : sights) {
    const auto rows = tracker.update(sight.frame, static_cast<double>(sight.frame) / fps, sight.detections);
    all.insert(all.end(), rows.begin(), rows.end());
    all.insert(all.end(), tracker.backfill().begin(), tracker.backfill().end());
  }
  return all;
}

inline std::vector<tracking::LabelledObject> labelled(const std::vector<tracking::TrackRow>& rows) {
  std::vector<tracking::LabelledObject> objects;
  for (const tracking::TrackRow& row : rows) objects.push_back({row.frame, row.id, row.box, row.x, row.y});
  return objects;
}

}  // namespace flashcell::test
