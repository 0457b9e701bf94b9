#pragma once
#include <memory>

#include "base/aligned_vector.hpp"
#include "kernels_hls/contract/object.hpp"
#include "pipeline/event_count.hpp"
#include "tracking/blob_pixels.hpp"
#include "tracking/detection.hpp"
#include "tracking/recognition.hpp"

namespace flashcell {

/// One frame's objects. Reused from frame to frame: reserve max_objects once, then nothing is allocated.
struct ObjectTable {
  RecordVector<contract::ObjectRecord> objects;
  RecordVector<contract::ObjectFeatures> features;  ///< of each object; empty where no feature is measured
  RecordVector<tracking::ClassBelief> names;        ///< of each object; empty where nobody names them
  /// What the tracker sees. A device whose objects have no records, or mean something else than their records say (a
  /// detector's boxes), fills it; where it is empty the pipeline derives one of each record (make_detection).
  RecordVector<tracking::Detection> detections;
  RecordVector<EventCount> events;  ///< of each detection, where frames come with events; else empty
  contract::FrameSummary summary;
  /// The objects' pixels, for a tracker that asks; null where the device does not keep them. Of the device that filled
  /// the table last, which uses it again.
  std::shared_ptr<tracking::BlobPixels> pixels;

  /// Room for the objects of every frame labelled with `parameters`.
  void reserve(const contract::LabelParameters& parameters) {
    objects.reserve(parameters.max_objects);
    if (parameters.features != 0) features.reserve(parameters.max_objects);
  }

  void clear() {
    objects.clear();
    features.clear();
    names.clear();
    detections.clear();
    events.clear();
    summary = {};
  }

  /// Features of object i, or nullptr where none are measured.
  const contract::ObjectFeatures* features_of(size_t i) const { return features.empty() ? nullptr : &features[i]; }
};

}  // namespace flashcell
