#pragma once
#include "kernels_hls/contract/object.hpp"
#include "pipeline/record_vector.hpp"

namespace flashcell {

/// One frame's objects. Reused from frame to frame: reserve max_objects once, then nothing is allocated.
struct ObjectTable {
  RecordVector<contract::ObjectRecord> objects;
  RecordVector<contract::ObjectFeatures> features;  ///< of each object; empty where no feature is measured
  contract::FrameSummary summary;

  /// Room for the objects of every frame labelled with `parameters`.
  void reserve(const contract::LabelParameters& parameters) {
    objects.reserve(parameters.max_objects);
    if (parameters.features != 0) features.reserve(parameters.max_objects);
  }

  void clear() {
    objects.clear();
    features.clear();
    summary = {};
  }

  /// Features of object i, or nullptr where none are measured.
  const contract::ObjectFeatures* features_of(size_t i) const { return features.empty() ? nullptr : &features[i]; }
};

}  // namespace flashcell
