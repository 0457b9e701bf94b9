#pragma once
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "host/label/bit_image.hpp"
#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"

namespace flashcell::app {

/// The frame (grey16 of `significant_bits`) with the foreground's outlines, the boxes of the objects that count, and a
/// caption.
cv::Mat draw_segmentation(const FrameView& frame, int significant_bits, const std::vector<host::BitImage>& masks,
                          const ObjectTable& table, const std::string& caption);

/// Pictures of one size, side by side in rows, scaled so that the sheet is about `width` px wide.
cv::Mat contact_sheet(const std::vector<cv::Mat>& pictures, int width);

}  // namespace flashcell::app
