#pragma once
#include <span>
#include <vector>

#include "host/fusion_examples/driving_examples.hpp"
#include "pipeline/event.hpp"

namespace flashcell::host {

/// What detectors see of events: a voxel grid of options.window up to `end_us`, over options.full_scale, cut at 1.
std::vector<float> event_planes(std::span<const Event> events, int64_t end_us, const DrivingExampleOptions& options);

}  // namespace flashcell::host
