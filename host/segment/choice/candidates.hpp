#pragma once
#include <string>
#include <vector>

#include "host/segment/choice/scene_grey.hpp"
#include "host/segment/segmenter.hpp"

namespace flashcell::host {

/// A way to segment that is worth a trial.
struct SegmentCandidate {
  std::string name;
  SegmentParameters parameters;
};

/// Against the scene, of brighter and darker pixels together and each alone, at the noise and at half the contrast of
/// what moves. `running`: by a running background, else the median.
std::vector<SegmentCandidate> scene_candidates(const SceneGrey& grey, const SegmentParameters& base, bool deep,
                                               bool running);

/// Fixed thresholds, those of what moves and those that part the grey levels; Otsu's, anew for each frame.
std::vector<SegmentCandidate> threshold_candidates(const SceneGrey& grey, const SegmentParameters& base);

/// The local mean, in windows for small and for large objects.
std::vector<SegmentCandidate> adaptive_candidates(const SceneGrey& grey, const SegmentParameters& base,
                                                  int shorter_side);

}  // namespace flashcell::host
