#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "tests/host/segment/support.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::host {
namespace {

using test::OwnedFrame;
using test::segment;

SegmentParameters background() {
  SegmentParameters parameters;
  parameters.method = SegmentMethod::background;
  return parameters;
}

/// The 8-bit background's definition for one pixel in plain 64-bit integers.
class PlainPixel8 {
 public:
  explicit PlainPixel8(const SegmentParameters& parameters) : p_(parameters) {}

  bool next(int grey, uint32_t frame) {
    if (frame == 0) mean_ = grey * 128;
    const bool learning = frame < static_cast<uint32_t>(p_.learn_frames);
    const double rate = std::max(p_.learning_rate, 1.0 / (1.0 + frame));
    int64_t dither = 1;
    for (int bit = 0; bit < 16; ++bit) dither |= static_cast<int64_t>((frame >> bit) & 1) << (15 - bit);
    const int64_t difference = grey * 128 - mean_;
    const int64_t deviation = std::abs(difference);
    const int64_t ratio = std::min<int64_t>(deviation * fraction(1 / p_.sigmas) / 65536, 5792);
    const int64_t squared_ratio = ratio * ratio * 64 / 65536;
    const int64_t min_variance = std::lround(p_.min_sigma * p_.min_sigma * 16);
    bool foreground = !learning && squared_ratio > std::max(variance_, min_variance);
    if (!p_.both_polarities) foreground &= p_.polarity == Polarity::bright ? difference > 0 : difference < 0;
    const int64_t clipped = std::min<int64_t>(deviation, 5792);
    const int64_t squared = clipped * clipped * 64 / 65536;
    mean_ += floor16(difference * fraction(foreground ? rate / 16 : rate) + dither);
    if (!foreground) variance_ += floor16((squared - variance_) * fraction(rate) + dither);
    return foreground;
  }

 private:
  static int64_t fraction(double value) { return std::min(65535L, std::lround(value * 65536)); }
  static int64_t floor16(int64_t value) { return (value - ((value % 65536) + 65536) % 65536) / 65536; }

  SegmentParameters p_;
  int64_t mean_ = 0, variance_ = 0;
};

/// The same for 16 bits, in single floats.
class PlainPixel16 {
 public:
  explicit PlainPixel16(const SegmentParameters& parameters) : p_(parameters) {}

  bool next(int grey, uint32_t frame) {
    const float level = static_cast<float>(grey);
    if (frame == 0) mean_ = level;
    const bool learning = frame < static_cast<uint32_t>(p_.learn_frames);
    const double rate = std::max(p_.learning_rate, 1.0 / (1.0 + frame));
    const float difference = level - mean_, squared = difference * difference;
    const float floor = static_cast<float>(p_.min_sigma * p_.min_sigma);
    bool foreground = !learning && squared > static_cast<float>(p_.sigmas * p_.sigmas) * std::max(variance_, floor);
    if (!p_.both_polarities) foreground &= p_.polarity == Polarity::bright ? difference > 0 : difference < 0;
    mean_ += static_cast<float>(foreground ? rate / 16 : rate) * difference;
    if (!foreground) variance_ += static_cast<float>(rate) * (squared - variance_);
    variance_ = std::max(variance_, 1.0F / 1024);
    return foreground;
  }

 private:
  SegmentParameters p_;
  float mean_ = 0, variance_ = 0;
};

/// Noise around a level of each pixel's own, with bright and dark outliers and a step in the light.
OwnedFrame noisy_frame(int width, int height, PixelFormat format, uint32_t number) {
  OwnedFrame frame(width, height, format);
  std::mt19937 random(number + 77);
  const int scale = format == PixelFormat::grey8 ? 1 : 100;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      int level = 40 + (x * 7 + y * 13) % 150 + static_cast<int>(random() % 9) + (number > 60 ? 12 : 0);
      if (random() % 20 == 0) level = static_cast<int>(random() % 256);
      frame.set_grey(x, y, level * scale);
    }
  }
  return frame;
}

template <class Plain>
void expect_equal_to(const SegmentParameters& parameters, PixelFormat format) {
  const int width = 75, height = 6;
  const auto segmenter = make_segmenter(parameters, width, height, format);
  std::vector<Plain> pixels(static_cast<size_t>(width) * height, Plain(parameters));
  int foreground = 0;
  for (uint32_t number = 0; number < 120; ++number) {
    const OwnedFrame frame = noisy_frame(width, height, format, number);
    const BitImage mask = segment(*segmenter, frame.view());
    ASSERT_TRUE(test::padding_is_clear(mask));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool expected = pixels[static_cast<size_t>(y) * width + x].next(frame.grey(x, y), number);
        ASSERT_EQ(mask.get(x, y), expected) << "frame " << number << " pixel " << x << ' ' << y;
        foreground += expected;
      }
    }
  }
  EXPECT_GT(foreground, 300) << "the scene has outliers: the comparison must see foreground";
}

TEST(SegmentBackground, EqualsThePlainDefinition) {
  for (const double rate : {0.0, 0.001, 0.02, 0.4, 0.7, 1.0}) {
    for (const double sigmas : {1.0, 2.5, 4.0}) {
      SegmentParameters parameters = background();
      parameters.learning_rate = rate;
      parameters.sigmas = sigmas;
      parameters.learn_frames = 10;
      test::for_each_simd_target([&](const char* target) {
        SCOPED_TRACE(target);
        expect_equal_to<PlainPixel8>(parameters, PixelFormat::grey8);
        expect_equal_to<PlainPixel16>(parameters, PixelFormat::grey16);
      });
    }
  }
}

TEST(SegmentBackground, OnePolarityEqualsThePlainDefinition) {
  for (const Polarity polarity : {Polarity::bright, Polarity::dark}) {
    SegmentParameters parameters = background();
    parameters.both_polarities = false;
    parameters.polarity = polarity;
    expect_equal_to<PlainPixel8>(parameters, PixelFormat::grey8);
    expect_equal_to<PlainPixel16>(parameters, PixelFormat::grey16);
  }
}

/// The median by sorting; half of the frames show something else than the scene.
template <class Plain>
void expect_median_equal(PixelFormat format, int frames) {
  const int width = 75, height = 6;
  std::vector<OwnedFrame> seen;
  std::vector<FrameView> views;
  for (int i = 0; i < frames; ++i) seen.push_back(noisy_frame(width, height, format, static_cast<uint32_t>(i)));
  for (const OwnedFrame& frame : seen) views.push_back(frame.view());
  SegmentParameters parameters = background();
  parameters.method = SegmentMethod::median;
  parameters.scene = std::make_shared<BackgroundImage>(median_background(views));
  const auto segmenter = make_segmenter(parameters, width, height, format);
  EXPECT_FALSE(segmenter->in_order());
  int foreground = 0;
  for (const OwnedFrame& frame : seen) {
    const BitImage mask = segment(*segmenter, frame.view());
    ASSERT_TRUE(test::padding_is_clear(mask));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        std::vector<int> levels, distances;
        for (const OwnedFrame& other : seen) levels.push_back(other.grey(x, y));
        std::sort(levels.begin(), levels.end());
        const int median = levels[levels.size() / 2];
        for (const int level : levels) distances.push_back(std::abs(level - median));
        std::sort(distances.begin(), distances.end());
        const double spread = std::min(65535L, std::lround(1.4826 * 16 * distances[distances.size() / 2])) / 16.0;
        const bool expected = Plain::apart(frame.grey(x, y), median, spread, parameters);
        ASSERT_EQ(mask.get(x, y), expected) << "pixel " << x << ' ' << y;
        foreground += expected;
      }
    }
  }
  if (frames >= 8) {
    EXPECT_GT(foreground, 10 * frames);
  }
}

struct Apart8 {
  static bool apart(int grey, int median, double spread, const SegmentParameters& p) {
    const int64_t variance = std::min<int64_t>(std::lround(spread * spread * 16), 32767);
    const int64_t fraction = std::min(65535L, std::lround(65536 / p.sigmas));
    const int64_t ratio = std::min<int64_t>(std::abs(grey - median) * int64_t{128} * fraction / 65536, 5792);
    return ratio * ratio * 64 / 65536 > std::max<int64_t>(variance, std::lround(p.min_sigma * p.min_sigma * 16));
  }
};

struct Apart16 {
  static bool apart(int grey, int median, double spread, const SegmentParameters& p) {
    const float difference = static_cast<float>(grey) - static_cast<float>(median);
    const float variance = std::max(static_cast<float>(spread * spread), 1.0F / 1024);
    const float floor = static_cast<float>(p.min_sigma * p.min_sigma);
    return difference * difference > static_cast<float>(p.sigmas * p.sigmas) * std::max(variance, floor);
  }
};

TEST(SegmentMedian, EqualsThePlainDefinition) {
  for (const int frames : {2, 3, 8, 21, 32}) {
    test::for_each_simd_target([&](const char* target) {
      SCOPED_TRACE(target);
      expect_median_equal<Apart8>(PixelFormat::grey8, frames);
      expect_median_equal<Apart16>(PixelFormat::grey16, frames);
    });
  }
}

TEST(SegmentMedian, OfManyFramesAFewAreTakenEvenly) {
  std::vector<OwnedFrame> seen;
  std::vector<FrameView> views;
  for (int i = 0; i < 200; ++i) {
    OwnedFrame& frame = seen.emplace_back(9, 3, PixelFormat::grey8);
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 9; ++x) frame.set_grey(x, y, i < 90 ? 200 : 50);  // for less than half of the time
    }
  }
  for (const OwnedFrame& frame : seen) views.push_back(frame.view());
  const BackgroundImage image = median_background(views);
  EXPECT_EQ(image.level, std::vector<uint16_t>(27, 50));
  EXPECT_EQ(image.spread, std::vector<uint16_t>(27, 0));
}

TEST(SegmentMedian, WithoutASceneOrOfAnotherSizeItIsRefused) {
  SegmentParameters parameters = background();
  parameters.method = SegmentMethod::median;
  EXPECT_THROW(make_segmenter(parameters, 8, 8, PixelFormat::grey8), Error);
  const OwnedFrame frame(9, 8, PixelFormat::grey8);
  parameters.scene = std::make_shared<BackgroundImage>(median_background(std::vector<FrameView>{frame.view()}));
  EXPECT_THROW(make_segmenter(parameters, 8, 8, PixelFormat::grey8), Error);
  EXPECT_NO_THROW(make_segmenter(parameters, 9, 8, PixelFormat::grey8));
}

TEST(SegmentBackground, NeedsFramesInOrderAndLearnsFirst) {
  SegmentParameters parameters = background();
  parameters.learn_frames = 5;
  const auto segmenter = make_segmenter(parameters, 64, 1, PixelFormat::grey8);
  EXPECT_TRUE(segmenter->in_order());
  for (int number = 0; number < 8; ++number) {
    OwnedFrame frame(64, 1, PixelFormat::grey8);
    for (int x = 0; x < 64; ++x) frame.set_grey(x, 0, x == 10 + number ? 255 : 50);
    EXPECT_EQ(segment(*segmenter, frame.view()).row(0)[0], number < 5 ? 0 : uint64_t{1} << (10 + number));
  }
}

/// The mean follows slow drift at any learning rate: fixed-point rounding must not hold it.
TEST(SegmentBackground, SmallLearningRatesStillLearn) {
  SegmentParameters parameters = background();
  parameters.learning_rate = 0.001;
  const auto segmenter = make_segmenter(parameters, 64, 1, PixelFormat::grey8);
  for (int number = 0; number < 20000; ++number) {
    OwnedFrame frame(64, 1, PixelFormat::grey8);
    for (int x = 0; x < 64; ++x) frame.set_grey(x, 0, 100 + number / 1000);
    ASSERT_EQ(segment(*segmenter, frame.view()).row(0)[0], 0u) << number;
  }
}

TEST(SegmentBackground, WhatStaysFadesWhatPassesDoesNot) {
  SegmentParameters parameters = background();
  const auto segmenter = make_segmenter(parameters, 64, 1, PixelFormat::grey8);
  for (int number = 0; number < 6000; ++number) {
    OwnedFrame frame(64, 1, PixelFormat::grey8);
    const bool stays = number >= 100, passes = number % 50 == 0;
    for (int x = 0; x < 64; ++x) frame.set_grey(x, 0, (x == 3 && stays) || (x == 7 && passes) ? 200 : 50);
    const uint64_t mask = segment(*segmenter, frame.view()).row(0)[0];
    if (number < 100) continue;
    ASSERT_EQ(mask & 128, passes ? 128u : 0u) << number;
    if (number < 200) {
      ASSERT_EQ(mask & 8, 8u) << number;
    } else if (number >= 5000) {
      ASSERT_EQ(mask & 8, 0u) << number;
    }
  }
}

}  // namespace
}  // namespace flashcell::host
