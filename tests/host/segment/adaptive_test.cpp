#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "tests/host/segment/support.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::host {
namespace {

using test::OwnedFrame;
using test::random_frame;
using test::segment_once;

SegmentParameters adaptive(int window, int offset, Polarity polarity) {
  SegmentParameters parameters;
  parameters.method = SegmentMethod::adaptive;
  parameters.window = window;
  parameters.offset = offset;
  parameters.polarity = polarity;
  return parameters;
}

/// Window and frame sides around the limits of the vector routines, on every vector instruction set.
TEST(SegmentAdaptive, EqualsOpenCv) {
  for (const int window : {3, 15, 31, 101, 127, 129}) {
    for (const int offset : {-20, 0, 7, 40}) {
      OwnedFrame frame = random_frame(133, 58, PixelFormat::grey8, static_cast<uint32_t>(window + offset + 50));
      // Black and white halves: the largest changes from row to row.
      for (int y = 0; y < 58; ++y) {
        for (int x = 60; x < 133; ++x) frame.set_grey(x, y, y < 29 ? 0 : 255);
      }
      const cv::Mat mat(58, 133, CV_8U, frame.bytes.data(), static_cast<size_t>(frame.stride));
      cv::Mat bright, dark;
      cv::adaptiveThreshold(mat, bright, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY, window, -offset);
      cv::adaptiveThreshold(mat, dark, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY_INV, window, offset + 1);
      test::for_each_simd_target([&](const char* target) {
        SCOPED_TRACE(target);
        const BitImage our_bright = segment_once(adaptive(window, offset, Polarity::bright), frame.view());
        const BitImage our_dark = segment_once(adaptive(window, offset, Polarity::dark), frame.view());
        for (int y = 0; y < 58; ++y) {
          for (int x = 0; x < 133; ++x) {
            ASSERT_EQ(our_bright.get(x, y), bright.at<uint8_t>(y, x) != 0)
                << window << ' ' << offset << ' ' << x << ' ' << y;
            ASSERT_EQ(our_dark.get(x, y), dark.at<uint8_t>(y, x) != 0)
                << window << ' ' << offset << ' ' << x << ' ' << y;
          }
        }
        ASSERT_TRUE(test::padding_is_clear(our_bright) && test::padding_is_clear(our_dark));
      });
    }
  }
}

/// The definition, pixel by pixel, for both depths and windows larger than the frame.
TEST(SegmentAdaptive, EqualsTheDefinition) {
  for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::grey16}) {
    const int width = 23, height = 12, window = 33, radius = window / 2;
    const OwnedFrame frame = random_frame(width, height, format, 9);
    const int offset = format == PixelFormat::grey8 ? 9 : 2500;
    const BitImage bright = segment_once(adaptive(window, offset, Polarity::bright), frame.view());
    const BitImage dark = segment_once(adaptive(window, offset, Polarity::dark), frame.view());
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        double sum = 0;
        for (int dy = -radius; dy <= radius; ++dy) {
          for (int dx = -radius; dx <= radius; ++dx) {
            sum += frame.grey(std::clamp(x + dx, 0, width - 1), std::clamp(y + dy, 0, height - 1));
          }
        }
        const double mean = std::round(sum / (window * window));
        ASSERT_EQ(bright.get(x, y), frame.grey(x, y) - mean > offset);
        ASSERT_EQ(dark.get(x, y), mean - frame.grey(x, y) > offset);
      }
    }
  }
}

/// A segmenter keeps nothing from one frame to the next, down to a single pixel.
TEST(SegmentAdaptive, FramesAreIndependent) {
  for (const int side : {1, 2, 40, 64}) {
    const auto segmenter = make_segmenter(adaptive(31, 3, Polarity::dark), side, side, PixelFormat::grey8);
    for (uint32_t seed = 0; seed < 3; ++seed) {
      const OwnedFrame frame = random_frame(side, side, PixelFormat::grey8, seed);
      const BitImage again = test::segment(*segmenter, frame.view());
      const BitImage once = segment_once(adaptive(31, 3, Polarity::dark), frame.view());
      for (int y = 0; y < side; ++y) ASSERT_EQ(again.row(y)[0], once.row(y)[0]) << side << ' ' << seed << ' ' << y;
    }
  }
}

TEST(SegmentAdaptive, FindsSpotsOnUnevenLight) {
  OwnedFrame frame(200, 40, PixelFormat::grey8);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 200; ++x)
      frame.set_grey(x, y, x + ((x % 50 >= 20 && x % 50 < 24 && y >= 18 && y < 22) ? 40 : 0));
  }
  const BitImage mask = segment_once(adaptive(31, 15, Polarity::bright), frame.view());
  for (int y = 0; y < 40; ++y) {
    for (int x = 16; x < 184; ++x) {
      ASSERT_EQ(mask.get(x, y), x % 50 >= 20 && x % 50 < 24 && y >= 18 && y < 22) << x << ' ' << y;
    }
  }
}

}  // namespace
}  // namespace flashcell::host
