#pragma once
#include <memory>

#include "host/segment/choice/trial.hpp"

namespace flashcell::host {

/// The scene as it is around each place: the median of the frames sampled just before and after.
std::vector<std::shared_ptr<const BackgroundImage>> scenes_by_place(const TrialFrames& frames);

/// Stands for a running background on sampled frames: segments them, in their order, against the scene of their place.
/// All arguments must outlive it.
std::unique_ptr<Segmenter> make_running_trial(const SegmentParameters& parameters, const TrialFrames& frames,
                                              const std::vector<std::shared_ptr<const BackgroundImage>>& scenes);

}  // namespace flashcell::host
