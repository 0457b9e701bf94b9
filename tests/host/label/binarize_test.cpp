// binarize(), luma() and classify() against one pixel at a time, on every vector instruction set.
#include "host/segment/binarize.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels_hls/contract/colour.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::host {
namespace {

struct RandomFrame {
  std::vector<uint8_t> bytes;
  FrameView view;

  // Rows start at any byte and are any number of bytes apart. Some stretches are dark, some bright, some anything.
  RandomFrame(int width, int height, PixelFormat format, int slack, std::mt19937& random) {
    const ptrdiff_t stride = static_cast<ptrdiff_t>(width) * bytes_per_pixel(format) + slack;
    bytes.resize(stride * height + slack);
    uint32_t kind = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (i % 500 == 0) kind = random() % 3;
      const uint32_t value = random();
      bytes[i] = static_cast<uint8_t>(kind == 0 ? value : kind == 1 ? value & 31 : value | 0xE0);
    }
    view = {bytes.data() + slack, width, height, stride, format};
  }
};

int grey_at(const FrameView& frame, int x, int y) {
  if (frame.format == PixelFormat::grey8) return frame.row(y)[x];
  const uint8_t* p = frame.row(y) + 3 * x;
  if (frame.format == PixelFormat::rgb8) return contract::luma8(p[0], p[1], p[2]);
  if (frame.format == PixelFormat::bgr8) return contract::luma8(p[2], p[1], p[0]);
  uint16_t value;
  std::memcpy(&value, frame.row(y) + 2 * x, 2);
  return value;
}

// As BitImage wants it, bit by bit, so that a stray padding bit shows.
void expect_equal(const BitImage& expected, const BitImage& actual, const std::string& what) {
  for (int y = 0; y < expected.padded_height(); ++y) {
    for (int w = 0; w < expected.words_per_row(); ++w) {
      ASSERT_EQ(expected.row(y)[w], actual.row(y)[w]) << what << ", row " << y << ", word " << w;
    }
  }
}

struct Size {
  int width, height;
};
constexpr Size kSizes[] = {{1, 1}, {7, 3}, {8, 8}, {63, 2}, {64, 9}, {65, 5}, {100, 7}, {129, 4}, {512, 3}, {1000, 2}};

TEST(Binarize, EqualsPixelByPixel) {
  std::mt19937 random(1);
  for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::grey16, PixelFormat::rgb8, PixelFormat::bgr8}) {
    const int most = format == PixelFormat::grey16 ? 65535 : 255;
    for (const Size size : kSizes) {
      const RandomFrame frame(size.width, size.height, format, size.width % 5, random);
      for (const int threshold : {-3, 0, 1, most / 3, most / 2 + 1, most, most + 1}) {
        for (const Polarity polarity : {Polarity::bright, Polarity::dark}) {
          BitImage expected(size.width, size.height);
          for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
              if ((grey_at(frame.view, x, y) >= threshold) == (polarity == Polarity::bright)) expected.set(x, y);
            }
          }
          test::for_each_simd_target([&](const char* target) {
            BitImage mask(size.width, size.height);
            binarize(frame.view, threshold, polarity, mask);
            expect_equal(expected, mask, target);
          });
        }
      }
    }
  }
}

TEST(Binarize, OverwritesTheFormerFrame) {
  std::mt19937 random(2);
  const RandomFrame first(77, 5, PixelFormat::grey8, 0, random), second(77, 5, PixelFormat::grey8, 0, random);
  test::for_each_simd_target([&](const char* target) {
    BitImage fresh(77, 5), reused(77, 5);
    binarize(second.view, 100, Polarity::bright, fresh);
    binarize(first.view, 0, Polarity::bright, reused);
    binarize(second.view, 100, Polarity::bright, reused);
    expect_equal(fresh, reused, target);
  });
}

TEST(Luma, EqualsTheContract) {
  std::mt19937 random(3);
  for (const PixelFormat format : {PixelFormat::rgb8, PixelFormat::bgr8}) {
    for (const Size size : kSizes) {
      const RandomFrame frame(size.width, size.height, format, 3, random);
      test::for_each_simd_target([&](const char* target) {
        std::vector<uint8_t> grey(static_cast<size_t>(size.width + 1) * size.height, 0xAB);
        luma(frame.view, grey.data(), size.width + 1);
        for (int y = 0; y < size.height; ++y) {
          for (int x = 0; x < size.width; ++x) {
            const uint8_t* p = frame.view.row(y) + 3 * x;
            const uint8_t expected =
                format == PixelFormat::rgb8 ? contract::luma8(p[0], p[1], p[2]) : contract::luma8(p[2], p[1], p[0]);
            ASSERT_EQ(grey[static_cast<size_t>(y) * (size.width + 1) + x], expected)
                << target << " at " << x << "," << y;
          }
          ASSERT_EQ(grey[static_cast<size_t>(y) * (size.width + 1) + size.width], 0xAB) << "written past the row";
        }
      });
    }
  }
}

TEST(Classify, EqualsPixelByPixel) {
  std::mt19937 random(4);
  std::vector<uint8_t> table(kColourTableSize);
  for (auto& set : table) set = static_cast<uint8_t>(random());
  for (const PixelFormat format : {PixelFormat::rgb8, PixelFormat::bgr8}) {
    for (const Size size : kSizes) {
      const RandomFrame frame(size.width, size.height, format, 1, random);
      std::vector<BitImage> expected(8, BitImage(size.width, size.height));
      for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
          const uint8_t* p = frame.view.row(y) + 3 * x;
          const int index =
              format == PixelFormat::rgb8 ? colour_table_index(p[0], p[1], p[2]) : colour_table_index(p[2], p[1], p[0]);
          for (int k = 0; k < 8; ++k) {
            if (table[index] >> k & 1) expected[k].set(x, y);
          }
        }
      }
      test::for_each_simd_target([&](const char* target) {
        std::vector<BitImage> masks(8, BitImage(size.width, size.height));
        classify(frame.view, table.data(), 8, masks.data());
        for (int k = 0; k < 8; ++k) expect_equal(expected[k], masks[k], target);
      });
    }
  }
}

}  // namespace
}  // namespace flashcell::host
