#pragma once
#include <memory>
#include <span>
#include <vector>

#include "host/segment/choice/candidates.hpp"
#include "host/segment/choice/trial.hpp"

namespace flashcell::host {

/// Colours that part what moves from the scene: the range of hue and saturation that holds most of the pixels in
/// `motion` (of each of the colour frames) and few others in the region, and the range of saturation alone. Both go
/// midway to where others begin.
std::vector<SegmentCandidate> colour_candidates(std::span<const FrameView> colour, std::span<const BitImage> motion,
                                                const BitImage& region, const SegmentParameters& base);

/// Segments the colour frames where a trial is on their grey views.
std::unique_ptr<Segmenter> make_colour_trial(const SegmentParameters& parameters, std::span<const FrameView> colour);

}  // namespace flashcell::host
