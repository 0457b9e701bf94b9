#pragma once
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "host/run/segmentation_trial.hpp"

namespace flashcell::app {

/// The frame (grey16 of `significant_bits`) with the foreground's outlines, the boxes of the objects that count,
/// thinner ones around those that are left out (below `min_area` orange, else red; the largest ones only, where there
/// are thousands), and a caption.
cv::Mat draw_segmentation(const host::TrialPicture& trial, int significant_bits, uint32_t min_area,
                          const std::string& caption);

/// Pictures of one size, side by side in rows, scaled so that the sheet is about `width` px wide.
cv::Mat contact_sheet(const std::vector<cv::Mat>& pictures, int width);

}  // namespace flashcell::app
