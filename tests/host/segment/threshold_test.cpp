#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "host/segment/otsu_threshold.hpp"
#include "host/segment/pair_histogram.hpp"
#include "kernels_hls/contract/colour.hpp"
#include "tests/host/segment/support.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::host {
namespace {

using test::OwnedFrame;
using test::random_frame;
using test::segment_once;

TEST(SegmentThreshold, EqualsComparisonPixelByPixel) {
  for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::grey16}) {
    const int max = format == PixelFormat::grey8 ? 255 : 65535;
    for (const int width : {1, 7, 64, 131}) {
      const OwnedFrame frame = random_frame(width, 9, format, static_cast<uint32_t>(width));
      for (const int threshold : {0, 1, max / 3, max, max + 1}) {
        SegmentParameters parameters;
        parameters.method = SegmentMethod::threshold;
        parameters.threshold = threshold;
        const BitImage bright = segment_once(parameters, frame.view());
        parameters.polarity = Polarity::dark;
        const BitImage dark = segment_once(parameters, frame.view());
        for (int y = 0; y < 9; ++y) {
          for (int x = 0; x < width; ++x) {
            ASSERT_EQ(bright.get(x, y), frame.grey(x, y) >= threshold);
            ASSERT_EQ(dark.get(x, y), frame.grey(x, y) < threshold);
          }
        }
        ASSERT_TRUE(test::padding_is_clear(bright) && test::padding_is_clear(dark));
      }
    }
  }
}

TEST(SegmentThreshold, ColourFramesAreComparedByLuma) {
  for (const PixelFormat format : {PixelFormat::rgb8, PixelFormat::bgr8}) {
    OwnedFrame frame = random_frame(70, 11, format, 5);
    SegmentParameters parameters;
    parameters.method = SegmentMethod::threshold;
    parameters.threshold = 100;
    const BitImage mask = segment_once(parameters, frame.view());
    for (int y = 0; y < 11; ++y) {
      for (int x = 0; x < 70; ++x) {
        const uint8_t* p = frame.at(x, y);
        const bool rgb = format == PixelFormat::rgb8;
        ASSERT_EQ(mask.get(x, y), contract::luma8(p[rgb ? 0 : 2], p[1], p[rgb ? 2 : 0]) >= 100);
      }
    }
  }
}

/// Two noisy grey classes.
OwnedFrame two_classes(int dark, int bright, double bright_share, uint32_t seed) {
  OwnedFrame frame(97, 61, PixelFormat::grey8);
  std::mt19937 random(seed);
  for (int y = 0; y < 61; ++y) {
    for (int x = 0; x < 97; ++x) {
      const int level = random() % 1000 < bright_share * 1000 ? bright : dark;
      frame.set_grey(x, y, std::min(255, level + static_cast<int>(random() % 31)));
    }
  }
  return frame;
}

TEST(SegmentOtsu, EqualsOpenCv) {
  uint32_t seed = 0;
  for (const double share : {0.01, 0.1, 0.5, 0.9}) {
    for (const int bright : {60, 120, 230}) {
      OwnedFrame frame = two_classes(20, bright, share, ++seed);
      const cv::Mat mat(61, 97, CV_8U, frame.bytes.data(), static_cast<size_t>(frame.stride));
      cv::Mat expected;
      cv::threshold(mat, expected, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
      SegmentParameters parameters;
      parameters.method = SegmentMethod::otsu;
      const BitImage mask = segment_once(parameters, frame.view());
      parameters.polarity = Polarity::dark;
      const BitImage inverse = segment_once(parameters, frame.view());
      for (int y = 0; y < 61; ++y) {
        for (int x = 0; x < 97; ++x) {
          ASSERT_EQ(mask.get(x, y), expected.at<uint8_t>(y, x) != 0);
          ASSERT_NE(mask.get(x, y), inverse.get(x, y));
        }
      }
    }
  }
}

TEST(SegmentOtsu, OneGreyLevelHasNoForeground) {
  for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::grey16}) {
    OwnedFrame frame(20, 10, format);
    for (int y = 0; y < 10; ++y) {
      for (int x = 0; x < 20; ++x) frame.set_grey(x, y, 200);
    }
    for (const Polarity polarity : {Polarity::bright, Polarity::dark}) {
      SegmentParameters parameters;
      parameters.polarity = polarity;
      const BitImage mask = segment_once(parameters, frame.view());
      for (int y = 0; y < 10; ++y) EXPECT_EQ(mask.row(y)[0], 0u);
    }
  }
}

TEST(SegmentOtsu, HistogramCountsEveryPixel) {
  const OwnedFrame frame = random_frame(131, 17, PixelFormat::grey8, 3);
  Histogram expected{};
  for (int y = 0; y < 17; ++y) {
    for (int x = 0; x < 131; ++x) ++expected[static_cast<size_t>(frame.grey(x, y))];
  }
  EXPECT_EQ(grey_histogram(frame.view()).bins, expected);
}

/// Noise, few levels, and runs of one level; frame after frame with one object.
TEST(SegmentOtsu, PairsCountAsSinglePixels) {
  test::for_each_simd_target([](const char* target) {
    SCOPED_TRACE(target);
    PairHistogram pairs;
    for (const int width : {1, 7, 8, 131}) {
      for (const int levels : {256, 3, 1}) {
        OwnedFrame frame = random_frame(width, 17, PixelFormat::grey8, static_cast<uint32_t>(width + levels));
        for (int y = 0; y < 17; ++y) {
          for (int x = 0; x < width; ++x) frame.set_grey(x, y, 255 - frame.grey(x, y) % levels);
        }
        Histogram bins{};
        pairs.count(frame.view(), bins);
        EXPECT_EQ(bins, grey_histogram(frame.view()).bins) << width << ' ' << levels;
      }
    }
  });
}

TEST(SegmentOtsu, PairsServeCameraFramesAndNotWhiteNoise) {
  EXPECT_TRUE(neighbours_are_alike(two_classes(20, 200, 0.1, 1).view()));
  EXPECT_FALSE(neighbours_are_alike(random_frame(97, 61, PixelFormat::grey8, 1).view()));
}

TEST(SegmentOtsu, SixteenBitBinsSpreadOverTheRangeInTheFrame) {
  OwnedFrame frame(64, 8, PixelFormat::grey16);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 64; ++x) frame.set_grey(x, y, 1000 + (x < 20 ? 0 : 3000) + y);
  }
  const GreyHistogram histogram = grey_histogram(frame.view());
  EXPECT_EQ(histogram.first, 1000);
  EXPECT_EQ(histogram.shift, 4);  // 3007 >> 4 = 187 fits, 3007 >> 3 does not
  SegmentParameters parameters;
  const BitImage mask = segment_once(parameters, frame.view());
  for (int y = 0; y < 8; ++y) EXPECT_EQ(mask.row(y)[0], ~uint64_t{0} << 20);
}

}  // namespace
}  // namespace flashcell::host
