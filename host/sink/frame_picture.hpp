#pragma once
#include <opencv2/core.hpp>

#include "pipeline/frame.hpp"

namespace flashcell::host {

/// The frame as 8-bit BGR to draw on. grey16 is scaled by its significant bits. `picture` is reused where its size
/// fits.
void to_picture(const FrameView& frame, int significant_bits, cv::Mat& picture);

}  // namespace flashcell::host
