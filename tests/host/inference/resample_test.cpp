// Crops and resized frames: against plain arithmetic written down anew, on every instruction set.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "host/inference/resample/resampler.hpp"
#include "host/inference/roi/roi_cropper.hpp"
#include "kernels_hls/contract/colour.hpp"

namespace flashcell::host {
namespace {

using inference::AxisTaps;
using inference::PictureChannels;
using inference::Region;
using inference::Resampler;

struct TestFrame {
  std::vector<uint8_t> bytes;
  FrameView view;

  TestFrame(int width, int height, PixelFormat format, uint32_t seed) {
    std::mt19937 random(seed);
    const ptrdiff_t stride = static_cast<ptrdiff_t>(width) * bytes_per_pixel(format) + 5;
    bytes.resize(static_cast<size_t>(stride) * height);
    for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
    view = {bytes.data(), width, height, stride, format};
  }

  /// Channel of a pixel as the picture has it; the edge goes on beyond the frame.
  int pixel(int x, int y, int channel, PictureChannels channels, int bits) const {
    x = std::clamp(x, 0, view.width - 1);
    y = std::clamp(y, 0, view.height - 1);
    const uint8_t* p = view.row(y) + static_cast<ptrdiff_t>(x) * bytes_per_pixel(view.format);
    if (view.format == PixelFormat::grey8) return p[0];
    if (view.format == PixelFormat::grey16) return std::min(255, (p[0] | p[1] << 8) >> (bits - 8));
    const bool rgb = view.format == PixelFormat::rgb8;
    const int r = p[rgb ? 0 : 2], g = p[1], b = p[rgb ? 2 : 0];
    if (channels == PictureChannels::grey)
      return contract::luma8(static_cast<uint8_t>(r), static_cast<uint8_t>(g), static_cast<uint8_t>(b));
    return channel == 1 ? g : (channel == 0) == (channels == PictureChannels::rgb) ? r : b;
  }
};

/// What part of `from` pixels makes output `o` of `to`, as real numbers: area where it shrinks, else bilinear.
std::vector<double> real_weights(int from, int to, int o) {
  std::vector<double> weights(static_cast<size_t>(from), 0);
  const double step = static_cast<double>(from) / to;
  if (from > to) {
    for (int x = 0; x < from; ++x)
      weights[static_cast<size_t>(x)] =
          std::max(0.0, std::min((o + 1) * step, x + 1.0) - std::max(o * step, x + 0.0)) / step;
    return weights;
  }
  const double place = std::clamp((o + 0.5) * step - 0.5, 0.0, from - 1.0);
  const int first = static_cast<int>(place);
  weights[static_cast<size_t>(first)] += 1 - (place - first);
  if (first + 1 < from) weights[static_cast<size_t>(first + 1)] += place - first;
  return weights;
}

TEST(AxisTaps, AreTheRealWeightsAndSumToOne) {
  for (int from = 1; from <= 130; ++from) {
    for (const int to : {1, 2, 5, 16, 28, 64}) {
      const AxisTaps taps(from, to);
      for (int o = 0; o < to; ++o) {
        const std::vector<double> real = real_weights(from, to, o);
        int sum = 0;
        for (int k = 0; k < taps.taps(); ++k) {
          const int x = taps.first()[o] + k, weight = taps.weight(o, k);
          sum += weight;
          if (weight != 0) {
            ASSERT_LT(x, from);
            EXPECT_NEAR(weight / 16384.0, real[static_cast<size_t>(x)], 1.01 / 16384) << from << " to " << to;
          }
        }
        EXPECT_EQ(sum, AxisTaps::kOne) << from << " to " << to;
      }
    }
  }
}

/// The two passes with their roundings, pixel by pixel.
std::vector<uint8_t> plain(const TestFrame& frame, const Region& region, int width, int height,
                           PictureChannels channels, int bits) {
  const AxisTaps across(region.width, width), down(region.height, height);
  const int count = channels == PictureChannels::grey ? 1 : 3;
  std::vector<uint8_t> out;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      for (int c = 0; c < count; ++c) {
        int64_t sum = 0;
        for (int i = 0; i < across.taps(); ++i) {
          if (across.weight(column, i) == 0) continue;
          int64_t blended = 0;
          for (int k = 0; k < down.taps(); ++k) {
            if (down.weight(row, k) == 0) continue;
            blended += down.weight(row, k) * frame.pixel(region.left + across.first()[column] + i,
                                                         region.top + down.first()[row] + k, c, channels, bits);
          }
          sum += across.weight(column, i) * ((blended + 64) >> 7);
        }
        out.push_back(static_cast<uint8_t>((sum + (1 << 20)) >> 21));
      }
    }
  }
  return out;
}

TEST(Resampler, EqualsPlainArithmeticOnEveryInstructionSet) {
  std::mt19937 random(5);
  const auto draw = [&](int low, int high) { return low + static_cast<int>(random() % (high - low + 1)); };
  for (int trial = 0; trial < 250; ++trial) {
    const auto format = static_cast<PixelFormat>(draw(0, 3));
    const auto channels = static_cast<PictureChannels>(draw(0, 2));
    const TestFrame frame(draw(1, 90), draw(1, 90), format, static_cast<uint32_t>(trial));
    const int side = trial % 3 == 0 ? 28 : draw(1, 70), other = trial % 3 == 0 ? 28 : draw(1, 40);
    const int bits = draw(8, 16), most = trial % 10 == 0 ? 300 : 75;
    const Region region{draw(-100, 120), draw(-100, 120), draw(1, most), draw(1, most)};
    const std::vector<uint8_t> expected = plain(frame, region, side, other, channels, bits);
    for (const inference::Target target : inference::supported_targets()) {
      Resampler resampler(side, other, channels, bits, target);
      std::vector<uint8_t> picture(resampler.bytes());
      resampler.run(frame.view, region, picture.data());
      ASSERT_EQ(picture, expected) << "trial " << trial << ", " << inference::name_of(target);
    }
  }
}

TEST(Resampler, AFrameOfTheSameSizeComesOutAsItIs) {
  const TestFrame frame(64, 32, PixelFormat::grey8, 1);
  Resampler resampler(64, 32, PictureChannels::grey, 8);
  std::vector<uint8_t> picture(resampler.bytes());
  resampler.run(frame.view, {0, 0, 64, 32}, picture.data());
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 64; ++x) ASSERT_EQ(picture[static_cast<size_t>(64 * y + x)], frame.view.row(y)[x]);
  }
}

contract::ObjectRecord box(int left, int top, int right, int bottom) {
  contract::ObjectRecord o{};
  o.left = static_cast<uint16_t>(left);
  o.top = static_cast<uint16_t>(top);
  o.right = static_cast<uint16_t>(right);
  o.bottom = static_cast<uint16_t>(bottom);
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      ++o.m00;
      o.m10 += static_cast<uint64_t>(x);
      o.m01 += static_cast<uint64_t>(y);
    }
  }
  return o;
}

TEST(RoiCropper, TheBoxAndItsMarginFillThePicture) {
  CropParameters p;
  p.margin = 0.2;
  // 20 px become 28 with a margin of 4 on every side, whatever the middle is taken from.
  for (const auto centre : {CropParameters::Centre::box, CropParameters::Centre::centroid}) {
    p.centre = centre;
    EXPECT_EQ(region_around(box(100, 50, 119, 69), p, 28, 28), (Region{96, 46, 28, 28}));
    EXPECT_EQ(region_around(box(100, 50, 119, 59), p, 28, 28), (Region{96, 41, 28, 28})) << "the longer side counts";
    EXPECT_EQ(region_around(box(0, 0, 0, 0), p, 28, 28), (Region{0, 0, 1, 1}));
    EXPECT_EQ(region_around(box(100, 50, 119, 69), p, 56, 28), (Region{82, 46, 56, 28})) << "the picture's proportions";
  }
  p.centre = CropParameters::Centre::centroid;
  contract::ObjectRecord heavy_left = box(100, 50, 119, 69);
  heavy_left.m10 = heavy_left.m00 * 105;
  EXPECT_EQ(region_around(heavy_left, p, 28, 28).left, 92);
}

TEST(RoiCropper, InvertsStretchesAndMasks) {
  TestFrame frame(40, 40, PixelFormat::grey8, 1);
  std::fill(frame.bytes.begin(), frame.bytes.end(), uint8_t{200});
  const contract::ObjectRecord object = box(10, 10, 19, 19);
  for (int y = 10; y < 20; ++y) {
    for (int x = 10; x < 20; ++x) frame.bytes[static_cast<size_t>(y * frame.view.stride + x)] = x < 15 ? 50 : 100;
  }
  frame.bytes[static_cast<size_t>(8 * frame.view.stride + 8)] = 0;  // a neighbour in the margin
  CropParameters p;
  p.margin = 0.2;
  const auto crop = [&] {
    RoiCropper cropper(Resampler(14, 14, PictureChannels::grey, 8), p);
    std::vector<uint8_t> picture(14 * 14);
    cropper.crop(frame.view, object, picture.data());
    return picture;
  };
  // The region is 14 px wide from (8, 8): the box is columns and rows 2..11 of the picture.
  EXPECT_EQ(crop()[0], 0);
  EXPECT_EQ(crop()[14 * 2 + 2], 50);
  p.invert = true;
  EXPECT_EQ(crop()[14 * 2 + 2], 205);
  EXPECT_EQ(crop()[0], 255);
  p.mask = true;
  EXPECT_EQ(crop()[14 * 2 + 2], 205);
  EXPECT_EQ(crop()[0], 0);
  EXPECT_EQ(crop()[14 * 12 + 12], 0);
  p.stretch = true;
  EXPECT_EQ(crop()[14 * 2 + 2], 255);
  EXPECT_EQ(crop()[14 * 11 + 11], 0) << "the box's own darkest, for the mask keeps the neighbour out";
  p.mask = p.invert = false;
  EXPECT_EQ(crop()[0], 0);
  EXPECT_EQ(crop()[14 * 2 + 2], 64) << "50 of 0..200";
}

}  // namespace
}  // namespace flashcell::host
