#pragma once
#include <vector>

#include "host/device/object_stage.hpp"
#include "host/eval/mot_text.hpp"

namespace flashcell::host {

/// Objects that somebody else has found: frame `number` has the detections of file frame `number` + 1. They have no
/// records; the summary counts them. Frames are looked up by their number: any order, any number left out.
/// `frames`: sorted by frame.
ObjectStage listed_objects(std::vector<FrameDetections> frames);

/// The frames up to the last with a detection, and the smallest width and height that hold every box: a detection file
/// does not say. Without pixels.
SourceInfo extent_of(const std::vector<FrameDetections>& frames);

}  // namespace flashcell::host
