#pragma once
#include <cstring>
#include <random>
#include <vector>

#include "host/label/bit_image.hpp"
#include "host/segment/segmenter.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::test {

/// A frame that owns its pixels, with some unused bytes behind every row.
struct OwnedFrame {
  OwnedFrame(int width, int height, PixelFormat pixel_format)
      : stride(static_cast<ptrdiff_t>(width) * bytes_per_pixel(pixel_format) + 6),
        bytes(static_cast<size_t>(stride) * height),
        size{width, height},
        format(pixel_format) {}

  FrameView view() const { return FrameView{bytes.data(), size[0], size[1], stride, format}; }
  uint8_t* at(int x, int y) { return bytes.data() + y * stride + static_cast<ptrdiff_t>(x) * bytes_per_pixel(format); }
  int grey(int x, int y) const {
    const uint8_t* pixel = view().row(y) + static_cast<ptrdiff_t>(x) * bytes_per_pixel(format);
    if (format == PixelFormat::grey8) return *pixel;
    uint16_t level;
    std::memcpy(&level, pixel, sizeof level);
    return level;
  }
  void set_grey(int x, int y, int level) {
    const auto level16 = static_cast<uint16_t>(level);
    if (format == PixelFormat::grey8) {
      *at(x, y) = static_cast<uint8_t>(level);
    } else {
      std::memcpy(at(x, y), &level16, sizeof level16);
    }
  }

  ptrdiff_t stride;
  std::vector<uint8_t> bytes;
  int size[2];
  PixelFormat format;
};

inline OwnedFrame random_frame(int width, int height, PixelFormat format, uint32_t seed) {
  OwnedFrame frame(width, height, format);
  std::mt19937 random(seed);
  for (uint8_t& byte : frame.bytes) byte = static_cast<uint8_t>(random());
  return frame;
}

inline host::BitImage segment(host::Segmenter& segmenter, const FrameView& view) {
  host::BitImage mask(view.width, view.height);
  segmenter.segment(view, &mask);
  return mask;
}

inline host::BitImage segment_once(const host::SegmentParameters& parameters, const FrameView& view) {
  return segment(*host::make_segmenter(parameters, view.width, view.height, view.format), view);
}

/// True when nothing is set outside the frame.
inline bool padding_is_clear(const host::BitImage& mask) {
  uint64_t set_outside = 0;
  for (int y = 0; y < mask.padded_height(); ++y) {
    for (int x = 0; x < mask.words_per_row() * 64; ++x) {
      if (x >= mask.width() || y >= mask.height()) set_outside += (mask.row(y)[x / 64] >> (x % 64)) & 1;
    }
  }
  return set_outside == 0;
}

}  // namespace flashcell::test
