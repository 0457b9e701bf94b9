#pragma once
#include <cstdint>
#include <vector>

#include "tests/tracking/follow.hpp"

namespace flashcell::test {

/// Discs that move straight, bounce off the frame's edges and pass over each other; what touches is one blob.
struct DiscScene {
  int side = 512;  ///< px
  int objects = 200;
  int frames = 1000;
  double min_radius = 4, max_radius = 10;  ///< px
  double min_speed = 0.2, max_speed = 2;   ///< px/frame
  double turning = 0;                      ///< most that a heading changes, rad/frame
  double dropped = 0;                      ///< share of frames left out
  bool start_apart = true;                 ///< no disc touches another in the first frame
  uint64_t seed = 1;
};

struct DiscRecording {
  std::vector<Sight> sights;
  std::vector<tracking::LabelledObject> truth;  ///< of the frames that are not dropped
};

/// Renders every frame, finds its 8-connected components and measures them.
DiscRecording record(const DiscScene& scene);

}  // namespace flashcell::test
