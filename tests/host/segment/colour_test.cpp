#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "host/segment/colour_table.hpp"
#include "tests/host/segment/support.hpp"

namespace flashcell::host {
namespace {

using test::OwnedFrame;
using test::random_frame;

const std::vector<ColourClass> kClasses = {
    {"red", 240, 16, 100, 255, 60, 255},
    {"green", 60, 110, 80, 255, 50, 255},
    {"bright", 0, 255, 0, 255, 200, 255},
};

/// By OpenCV's HSV of the middle of the pixel's 8x8x8 cube.
TEST(SegmentColour, EqualsOpenCvOnQuantizedColours) {
  for (const PixelFormat format : {PixelFormat::rgb8, PixelFormat::bgr8}) {
    OwnedFrame frame = random_frame(139, 41, format, 21);
    SegmentParameters parameters;
    parameters.method = SegmentMethod::colour;
    parameters.classes = kClasses;
    const auto segmenter = make_segmenter(parameters, 139, 41, format);
    ASSERT_EQ(segmenter->masks(), 3);
    std::vector<BitImage> masks(3, BitImage(139, 41));
    segmenter->segment(frame.view(), masks.data());

    cv::Mat quantized(41, 139, CV_8UC3);
    for (int y = 0; y < 41; ++y) {
      for (int x = 0; x < 139; ++x) {
        for (int i = 0; i < 3; ++i)
          quantized.at<cv::Vec3b>(y, x)[i] = static_cast<uint8_t>((frame.at(x, y)[i] & 0xF8) | 4);
      }
    }
    cv::Mat hsv;
    cv::cvtColor(quantized, hsv, format == PixelFormat::rgb8 ? cv::COLOR_RGB2HSV_FULL : cv::COLOR_BGR2HSV_FULL);
    int found[3] = {0, 0, 0};
    for (int y = 0; y < 41; ++y) {
      for (int x = 0; x < 139; ++x) {
        const cv::Vec3b c = hsv.at<cv::Vec3b>(y, x);
        const bool expected[3] = {(c[0] >= 240 || c[0] <= 16) && c[1] >= 100 && c[2] >= 60,
                                  c[0] >= 60 && c[0] <= 110 && c[1] >= 80 && c[2] >= 50, c[2] >= 200};
        for (int i = 0; i < 3; ++i) {
          ASSERT_EQ(masks[static_cast<size_t>(i)].get(x, y), expected[i]) << i << ' ' << x << ' ' << y;
          found[i] += expected[i];
        }
      }
    }
    for (int i = 0; i < 3; ++i) EXPECT_GT(found[i], 10);
    for (const BitImage& mask : masks) EXPECT_TRUE(test::padding_is_clear(mask));
  }
}

TEST(SegmentColour, TableHoldsOneBitForEachOfEightClasses) {
  std::vector<ColourClass> classes(8);
  for (size_t i = 0; i < 8; ++i) {
    classes[i] = {"", 0, 255, 0, 255, static_cast<uint8_t>(32 * i), static_cast<uint8_t>(32 * i + 31)};
  }
  const std::vector<uint8_t> table = make_colour_table(classes);
  ASSERT_EQ(table.size(), 32768u);
  for (size_t i = 0; i < table.size(); ++i) {
    const size_t value = std::max({i / 1024, i / 32 % 32, i % 32});
    ASSERT_EQ(table[i], 1u << (value / 4));
  }
}

}  // namespace
}  // namespace flashcell::host
