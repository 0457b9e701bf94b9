#include "host/sink/frame_picture.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace flashcell::host {

void to_picture(const FrameView& frame, int significant_bits, cv::Mat& picture) {
  const int type = frame.format == PixelFormat::grey8    ? CV_8UC1
                   : frame.format == PixelFormat::grey16 ? CV_16UC1
                                                         : CV_8UC3;
  // The Mat only reads; OpenCV has no view of constant data.
  const cv::Mat view(frame.height, frame.width, type, const_cast<uint8_t*>(frame.data),
                     static_cast<size_t>(frame.stride));
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
