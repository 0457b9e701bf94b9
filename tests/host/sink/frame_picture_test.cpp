#include "host/sink/frame_picture.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace flashcell::host {
namespace {

TEST(FramePicture, TurnsBottomUpFramesOver) {
  std::vector<uint8_t> pixels(12);
  std::iota(pixels.begin(), pixels.end(), uint8_t{0});
  const FrameView top_down{pixels.data(), 4, 3, 4, PixelFormat::grey8};
  const FrameView bottom_up{pixels.data() + 8, 4, 3, -4, PixelFormat::grey8};
  cv::Mat a, b;
  to_picture(top_down, 8, a);
  to_picture(bottom_up, 8, b);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 4; ++x) {
      EXPECT_EQ(a.at<cv::Vec3b>(y, x)[0], 4 * y + x);
      EXPECT_EQ(b.at<cv::Vec3b>(y, x)[1], 4 * (2 - y) + x);
    }
  }
}

TEST(FramePicture, ScalesByTheSignificantBits) {
  std::vector<uint16_t> pixels = {0, 2048, 4095};
  const FrameView frame{reinterpret_cast<const uint8_t*>(pixels.data()), 3, 1, 6, PixelFormat::grey16};
  cv::Mat picture;
  to_picture(frame, 12, picture);
  EXPECT_EQ(picture.at<cv::Vec3b>(0, 0)[2], 0);
  EXPECT_NEAR(picture.at<cv::Vec3b>(0, 1)[2], 128, 1);
  EXPECT_EQ(picture.at<cv::Vec3b>(0, 2)[2], 255);
}

}  // namespace
}  // namespace flashcell::host
