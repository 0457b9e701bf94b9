#pragma once
#include <span>

#include "pipeline/frame.hpp"

namespace flashcell::host {

/// A frame's pixels as light for the event simulator, 0..255: grey levels (16 bits by their significant ones), of
/// colour the luma of ITU-R BT.601, as v2e takes them. `light` holds width * height values.
void frame_light(const FrameView& frame, int significant_bits, std::span<float> light);

}  // namespace flashcell::host
