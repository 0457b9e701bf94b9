#pragma once
#include "tracking/recognition.hpp"

namespace flashcell::tracking {

/// What a track's object is believed to be, and the count of what was said of it.
class NameOfTrack {
 public:
  const ClassBelief& belief() const { return belief_; }

  /// One sighting's name. `total` counts those of confirmed tracks: what was said before is counted once it is one.
  void learn(const ClassBelief& sighting, bool confirmed, NamedSightings& total) {
    if (sighting.classes == 0) return;
    fuse_evidence(sighting, belief_);
    ++waiting_.sightings;
    if (sighting.strange) ++waiting_.strange;
    if (!confirmed) return;
    if (!counted_) ++total.objects;
    counted_ = true;
    total.sightings += waiting_.sightings;
    total.strange += waiting_.strange;
    waiting_ = {};
  }

 private:
  ClassBelief belief_;
  NamedSightings waiting_;
  bool counted_ = false;
};

}  // namespace flashcell::tracking
