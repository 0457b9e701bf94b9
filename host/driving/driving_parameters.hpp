#pragma once
#include <cstdint>

namespace flashcell::host {

/// A generated street as the camera of a driving car sees it.
struct DrivingParameters {
  int width = 320, height = 240;  ///< px, 32..4096
  uint64_t seed = 1;              ///< the street, who is on it, speeds, weather, noise
  bool night = false;
  double seconds = 1;  ///< how long the scene is driven through, 0.01..60: so much street there is
};

/// Throws Error(Fault::usage) that names the parameter that is out of its range.
void check(const DrivingParameters& parameters);

}  // namespace flashcell::host
