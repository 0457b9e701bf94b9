#pragma once
#include <opencv2/core.hpp>
#include <string>

namespace flashcell::host {

/// Light text with a dark edge: readable on every frame. `at`: left end of the line it stands on, px.
void draw_text(cv::Mat& picture, const std::string& text, cv::Point at, const cv::Scalar& colour);

/// Room that draw_text() needs, px; `baseline`: from its top to the line that the text stands on.
struct TextSize {
  cv::Size box;
  int baseline = 0;
};
TextSize text_size(const std::string& text);

/// Where text of a box fits: above it, or below where there is no room, and inside of the picture from left to right.
cv::Point text_place(const cv::Mat& picture, const std::string& text, cv::Point top_left, cv::Point bottom_right);

}  // namespace flashcell::host
