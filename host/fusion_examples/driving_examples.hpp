#pragma once
#include <cstdint>
#include <functional>

#include "quant_models/fusion/fusion_set.hpp"

namespace flashcell::host {

/// Drives (host/driving) as examples: of each drive one frame, the events before it and the boxes at its exposure's
/// middle. Every second drive is by night.
struct DrivingExampleOptions {
  int rows = 96, columns = 128;  ///< px, 32 to 4096
  int event_bins = 5;
  int train = 1000, test = 200;  ///< examples; at least 1 each
  uint64_t seed = 1;             ///< of the streets: those to learn by and those to test with are never the same
  double window = 0.05;          ///< s of events that make the voxel grid, up to the exposure's middle
  int full_scale = 4;            ///< events of one sign in a pixel's bin that are 1; more count as many
  double least_visible = 0.4;    ///< what is hidden more than that is marked as difficult
  int least_height = 8;          ///< px; what is lower is marked as difficult
};

/// Draws them with `threads` threads: the same set for every number. Classes: person, bicycle, car. `progress` is told
/// how many are drawn, from any thread, one call at a time; what it throws ends the drawing. Throws
/// Error(Fault::usage) for sizes that are out of range.
quant::FusionSet draw_driving_examples(const DrivingExampleOptions& options, int threads,
                                       const std::function<void(int64_t)>& progress = {});

}  // namespace flashcell::host
