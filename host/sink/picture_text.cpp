#include "host/sink/picture_text.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace flashcell::host {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kSize = 0.42;
constexpr int kCharacterWidth = 9, kLineHeight = 14;  // px, at that size

}  // namespace

void draw_text(cv::Mat& picture, const std::string& text, cv::Point at, const cv::Scalar& colour) {
  cv::putText(picture, text, at, kFont, kSize, cv::Scalar(0, 0, 0), 3, cv::LINE_AA);
  cv::putText(picture, text, at, kFont, kSize, colour, 1, cv::LINE_AA);
}

TextSize text_size(const std::string& text) {
  int below = 0;
  const cv::Size size = cv::getTextSize(text, kFont, kSize, 1, &below);
  constexpr int kEdge = 1;  // the dark one
  return {{size.width + 2 * kEdge, size.height + below + kEdge}, size.height + kEdge};
}

cv::Point text_place(const cv::Mat& picture, const std::string& text, cv::Point top_left, cv::Point bottom_right) {
  const int above = top_left.y - 4, below = bottom_right.y + kLineHeight;
  const int most = std::max(2, picture.cols - kCharacterWidth * static_cast<int>(text.size()));
  return {std::clamp(top_left.x, 2, most), above < 12 ? below : above};
}

}  // namespace flashcell::host
