#pragma once
#include <memory>
#include <vector>

#include "host/label/bit_image.hpp"
#include "host/segment/background_image.hpp"
#include "host/segment/choice/scene_grey.hpp"
#include "host/segment/choice/trial.hpp"
#include "host/segment/segmenter.hpp"

namespace flashcell::host {

/// What differs from the scene in each frame, and moves: without what the frame's edge cuts (as well scenery that
/// shakes, a shadow or somebody's hand as a thing that comes), without specks, shadows over much of the frame, and
/// without pieces of sizes that hardly move from one frame to the next: steps of compression come and go in their
/// places. Empty where the frames are few, nothing moves, or nearly everything differs from the scene. `noise`:
/// standard deviation of a pixel, grey levels; `base`: regions.
std::vector<BitImage> find_motion(const TrialFrames& frames, const SceneGrey& levels,
                                  const std::shared_ptr<const BackgroundImage>& scene, const SegmentParameters& base,
                                  double noise);

}  // namespace flashcell::host
