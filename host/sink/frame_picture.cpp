#include "host/sink/frame_picture.hpp"

#include <algorithm>
#include <cstdlib>
#include <opencv2/imgproc.hpp>

namespace flashcell::host {

void to_picture(const FrameView& frame, int significant_bits, cv::Mat& picture) {
  const int type = frame.format == PixelFormat::grey8    ? CV_8UC1
                   : frame.format == PixelFormat::grey16 ? CV_16UC1
                                                         : CV_8UC3;
  // A bottom-up frame has a negative stride, which a Mat cannot: it is read from its last row on and turned over.
  const bool bottom_up = frame.stride < 0;
  uint8_t* first = const_cast<uint8_t*>(bottom_up ? frame.row(frame.height - 1) : frame.data);
  cv::Mat view(frame.height, frame.width, type, first, static_cast<size_t>(std::abs(frame.stride)));
  if (bottom_up) {
    cv::Mat upright;
    cv::flip(view, upright, 0);
    view = upright;
  }
  switch (frame.format) {
    case PixelFormat::grey8:
      cv::cvtColor(view, picture, cv::COLOR_GRAY2BGR);
      break;
    case PixelFormat::grey16: {
      cv::Mat grey;
      view.convertTo(grey, CV_8U, 255.0 / ((1 << std::clamp(significant_bits, 8, 16)) - 1));
      cv::cvtColor(grey, picture, cv::COLOR_GRAY2BGR);
      break;
    }
    case PixelFormat::rgb8:
      cv::cvtColor(view, picture, cv::COLOR_RGB2BGR);
      break;
    case PixelFormat::bgr8:
      view.copyTo(picture);
      break;
  }
}

}  // namespace flashcell::host
