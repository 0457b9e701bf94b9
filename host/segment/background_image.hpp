#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/frame.hpp"

namespace flashcell::host {

/// What a scene looks like without what moves in it, and how restless each of its pixels is. Row by row.
struct BackgroundImage {
  int width = 0, height = 0;     ///< px
  std::vector<uint16_t> level;   ///< grey
  std::vector<uint16_t> spread;  ///< standard deviation, grey levels in 1/16; saturates
};
constexpr int kSpreadFractionBits = 4;

/// Frames that median_background() takes at most.
constexpr size_t kMostMedianFrames = 32;

/// The median of each pixel over grey frames (grey8 or grey16, all of one geometry, at least one; of more than
/// kMostMedianFrames so many, evenly spread), and 1.4826 times its median distance from it: both hold as long as a
/// pixel shows the scene in more than half of the frames. Of an even number of frames the upper median.
BackgroundImage median_background(std::span<const FrameView> frames);

}  // namespace flashcell::host
