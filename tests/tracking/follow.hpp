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
  std::vector<std::vector<tracking::PixelRun>> pixels = {};  ///< of each detection; empty: unknown
};

/// The pixels of a sight's detections.
class SeenPixels : public tracking::BlobPixels {
 public:
  explicit SeenPixels(const Sight& sight) : sight_(sight) {}
  std::span<const tracking::PixelRun> of(const tracking::Detection& blob) override {
    for (size_t i = 0; i < sight_.pixels.size(); ++i) {
      const tracking::Detection& seen = sight_.detections[i];
      if (seen.x == blob.x && seen.y == blob.y && seen.area == blob.area) return sight_.pixels[i];
    }
    return {};
  }

 private:
  const Sight& sight_;
};

/// Every row of a run, as an offline run writes them: with backfill.
inline std::vector<tracking::TrackRow> follow(const tracking::TrackerParameters& parameters, double fps,
                                              const std::vector<Sight>& sights,
                                              const tracking::Recognizer* recognizer = nullptr) {
  tracking::Tracker tracker(parameters, fps);
  tracker.set_recognizer(recognizer);
  std::vector<tracking::TrackRow> all;
  for (const Sight& sight : sights) {
    SeenPixels pixels(sight);
    const auto rows =
        tracker.update(sight.frame, static_cast<double>(sight.frame) / fps, sight.detections, {}, &pixels);
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
