#include "host/segment/binarize.hpp"

#include <algorithm>
#include <cstring>

#include "kernels_hls/contract/colour.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/segment/binarize.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>
//
#include "host/label/pixel_planes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Frames come from memory. The processor fetches ahead of itself only up to a page's end, and has first to look up
// where the next page lies, in tables that come from memory as well: it does so for several pages at a time where rows
// of several bands of the frame take turns.
constexpr int kBands = 4;

// Calls take(y) for every row.
template <class Take>
HWY_INLINE void take_rows(int height, const Take& take) {
  const int band = (height + kBands - 1) / kBands;
  for (int first = 0; first < band; ++first) {
    for (int y = first; y < height; y += band) take(y);
  }
}

// Bits of 64 pixels, which need not be aligned.
template <class T, bool kDark>
uint64_t compare_64(const T* pixels, T threshold) {
  uint64_t bits = 0;
#if HWY_TARGET == HWY_SCALAR
  T copy[64];
  std::memcpy(copy, pixels, sizeof(copy));
  for (int i = 0; i < 64; ++i) bits |= uint64_t{(copy[i] < threshold) == kDark} << i;
#else
  const hn::CappedTag<T, 64> d;
  const auto level = hn::Set(d, kDark ? threshold : static_cast<T>(threshold - 1));  // threshold is at least 1
  for (size_t i = 0; i < 64; i += hn::Lanes(d)) {
    const auto grey = hn::LoadU(d, pixels + i);
    hn::StoreMaskBits(d, kDark ? hn::Gt(level, grey) : hn::Gt(grey, level), reinterpret_cast<uint8_t*>(&bits) + i / 8);
  }
#endif
  return bits;
}

template <class T, bool kDark>
void binarize_row(const T* row, int width, T threshold, uint64_t* words) {
  const int whole = width / 64;
  for (int w = 0; w < whole; ++w) {
    words[w] = compare_64<T, kDark>(row + 64 * w, threshold);
  }
  if (const int rest = width % 64; rest != 0) {
    T tail[64] = {};
    std::memcpy(tail, reinterpret_cast<const uint8_t*>(row + 64 * whole), sizeof(T) * rest);
    words[whole] = compare_64<T, kDark>(tail, threshold) & ((uint64_t{1} << rest) - 1);
  }
}

template <class T>
void binarize_frame(const FrameView& frame, T threshold, bool dark, BitImage& mask) {
  take_rows(frame.height, [&](int y) HWY_ATTR {
    const T* row = reinterpret_cast<const T*>(frame.row(y));
    if (dark) {
      binarize_row<T, true>(row, frame.width, threshold, mask.row(y));
    } else {
      binarize_row<T, false>(row, frame.width, threshold, mask.row(y));
    }
  });
}

void binarize_grey8(const FrameView& frame, uint8_t threshold, bool dark, BitImage& mask) {
  binarize_frame<uint8_t>(frame, threshold, dark, mask);
}
void binarize_grey16(const FrameView& frame, uint16_t threshold, bool dark, BitImage& mask) {
  binarize_frame<uint16_t>(frame, threshold, dark, mask);
}

#if HWY_TARGET != HWY_SCALAR
using Bytes = PixelVector;
using Halves = hn::Repartition<uint16_t, PixelBytes>;

// contract::luma8 in 16-bit lanes. Its 15-bit weights split into bytes, w = 256 * high + low; the high ones sum to 127
// and the low ones to 256, so that neither sum of products passes 16 bits:
//   (256 * sum_high + sum_low + 2^14) >> 15 = (sum_high + 64 + (sum_low >> 8)) >> 7.
class LumaWeights {
 public:
  // Of the first, second and third byte of a pixel. From the caller's memory: a constant in sight of the compiler would
  // become four or five shifts and sums instead of one product.
  explicit LumaWeights(const uint16_t* w)
      : high_{vector(w[0] >> 8), vector(w[1] >> 8), vector(w[2] >> 8)},
        low_{vector(w[0] & 255), vector(w[1] & 255), vector(w[2] & 255)} {}

  // Of a vector full of pixels.
  HWY_INLINE Bytes luma(const uint8_t* pixels) const {
    Bytes first, second, third;
    load_planes(pixels, first, second, third);
    const Halves d;
    const auto f = hn::BitCast(d, first), s = hn::BitCast(d, second), t = hn::BitCast(d, third);
    const auto byte = hn::Set(d, 0xFF);
    const auto even = luma_lanes(hn::And(f, byte), hn::And(s, byte), hn::And(t, byte));
    const auto odd = luma_lanes(hn::ShiftRight<8>(f), hn::ShiftRight<8>(s), hn::ShiftRight<8>(t));
    return hn::BitCast(PixelBytes(), hn::Or(even, hn::ShiftLeft<8>(odd)));
  }

 private:
  using Lanes = hn::Vec<Halves>;

  static HWY_INLINE Lanes vector(int weight) { return hn::Set(Halves(), static_cast<uint16_t>(weight)); }
  static HWY_INLINE Lanes weighted(const Lanes* weights, Lanes f, Lanes s, Lanes t) {
    return hn::Add(hn::Add(hn::Mul(f, weights[0]), hn::Mul(s, weights[1])), hn::Mul(t, weights[2]));
  }
  HWY_INLINE Lanes luma_lanes(Lanes f, Lanes s, Lanes t) const {
    const Lanes high = hn::Add(weighted(high_, f, s, t), hn::Set(Halves(), 64));
    return hn::ShiftRight<7>(hn::Add(high, hn::ShiftRight<8>(weighted(low_, f, s, t))));
  }

  Lanes high_[3], low_[3];
};
#endif

void luma_pixels(const uint8_t* pixels, bool bgr, [[maybe_unused]] const uint16_t* byte_weights, int width,
                 uint8_t* grey) {
  int x = 0;
#if HWY_TARGET != HWY_SCALAR
  const PixelBytes d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const LumaWeights weights(byte_weights);
  for (; x + lanes <= width; x += lanes) hn::StoreU(weights.luma(pixels + 3 * x), d, grey + x);
#endif
  for (; x < width; ++x) {
    const uint8_t* p = pixels + 3 * x;
    grey[x] = contract::luma8(p[bgr ? 2 : 0], p[1], p[bgr ? 0 : 2]);
  }
}

// Which of 64 pixels have luma >= threshold.
class LumaThreshold {
 public:
  LumaThreshold(bool bgr, const uint16_t* byte_weights, uint8_t threshold);
  HWY_INLINE uint64_t compare_64(const uint8_t* pixels) const;

 private:
#if HWY_TARGET == HWY_SCALAR
  bool bgr_;
  uint8_t threshold_;
#else
  LumaWeights weights_;
  Bytes level_;  // one less
#endif
};

#if HWY_TARGET == HWY_SCALAR

LumaThreshold::LumaThreshold(bool bgr, const uint16_t* /*byte_weights*/, uint8_t threshold)
    : bgr_(bgr), threshold_(threshold) {}

HWY_INLINE uint64_t LumaThreshold::compare_64(const uint8_t* pixels) const {
  uint8_t grey[64];
  luma_pixels(pixels, bgr_, nullptr, 64, grey);
  return HWY_NAMESPACE::compare_64<uint8_t, false>(grey, threshold_);
}

#else

LumaThreshold::LumaThreshold(bool /*bgr*/, const uint16_t* byte_weights, uint8_t threshold)
    : weights_(byte_weights), level_(hn::Set(PixelBytes(), static_cast<uint8_t>(threshold - 1))) {}

HWY_INLINE uint64_t LumaThreshold::compare_64(const uint8_t* pixels) const {
  // Luma lies between a pixel's least and its largest channel: often that is enough.
  const PixelBytes d;
  auto least = hn::LoadU(d, pixels), largest = least;
  for (size_t i = hn::Lanes(d); i < 3 * 64; i += hn::Lanes(d)) {
    const auto channels = hn::LoadU(d, pixels + i);
    least = hn::Min(least, channels);
    largest = hn::Max(largest, channels);
  }
  if (hn::AllFalse(d, hn::Gt(largest, level_))) return 0;
  if (hn::AllTrue(d, hn::Gt(least, level_))) return ~uint64_t{0};
  uint64_t bits = 0;
  for (size_t i = 0; i < 64; i += hn::Lanes(d)) {
    hn::StoreMaskBits(d, hn::Gt(weights_.luma(pixels + 3 * i), level_), reinterpret_cast<uint8_t*>(&bits) + i / 8);
  }
  return bits;
}

#endif

// `threshold` is at least 1.
void binarize_colour(const FrameView& frame, const uint16_t* byte_weights, uint8_t threshold, bool dark,
                     BitImage& mask) {
  const LumaThreshold luma(frame.format == PixelFormat::bgr8, byte_weights, threshold);
  const int whole = frame.width / 64, rest = frame.width % 64;
  const uint64_t flip = dark ? ~uint64_t{0} : 0;
  take_rows(frame.height, [&](int y) HWY_ATTR {
    const uint8_t* row = frame.row(y);
    uint64_t* words = mask.row(y);
    for (int w = 0; w < whole; ++w) {
      words[w] = luma.compare_64(row + 3 * 64 * w) ^ flip;
    }
    if (rest != 0) {
      uint8_t tail[3 * 64] = {};
      std::memcpy(tail, row + 3 * 64 * whole, 3 * static_cast<size_t>(rest));
      words[whole] = (luma.compare_64(tail) ^ flip) & ((uint64_t{1} << rest) - 1);
    }
  });
}

// Table indices of `count` pixels.
void colour_indices(const uint8_t* pixels, bool bgr, int count, uint16_t* indices) {
  int x = 0;
#if HWY_TARGET != HWY_SCALAR
  const PixelBytes d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (; x + lanes <= count; x += lanes) {
    Bytes first, second, third;
    load_planes(pixels + 3 * x, first, second, third);
    const auto r = bgr ? third : first, g = second, b = bgr ? first : third;
    // The two bytes of 0rrrrrgg gggbbbbb.
    const auto high = hn::Or(hn::And(hn::ShiftRight<1>(r), hn::Set(d, 0x7C)), hn::ShiftRight<6>(g));
    const auto low = hn::Or(hn::And(hn::ShiftLeft<2>(g), hn::Set(d, 0xE0)), hn::ShiftRight<3>(b));
    hn::StoreInterleaved2(low, high, d, reinterpret_cast<uint8_t*>(indices + x));
  }
#endif
  for (; x < count; ++x) {
    const uint8_t* p = pixels + 3 * x;
    indices[x] = static_cast<uint16_t>(colour_table_index(p[bgr ? 2 : 0], p[1], p[bgr ? 0 : 2]));
  }
}

// Which of 64 class sets contain class k.
uint64_t members(const uint8_t* sets, int k) {
  uint64_t bits = 0;
#if HWY_TARGET == HWY_SCALAR
  for (int i = 0; i < 64; ++i) bits |= static_cast<uint64_t>(sets[i] >> k & 1) << i;
#else
  const hn::CappedTag<uint8_t, 64> d;
  const auto bit = hn::Set(d, static_cast<uint8_t>(1 << k));
  for (size_t i = 0; i < 64; i += hn::Lanes(d)) {
    hn::StoreMaskBits(d, hn::TestBit(hn::LoadU(d, sets + i), bit), reinterpret_cast<uint8_t*>(&bits) + i / 8);
  }
#endif
  return bits;
}

// Pixels that classify_frame() takes at a time. A vector load from bytes just stored one by one waits until they have
// all left the store queue: with many pixels between, none has to.
constexpr int kClassifyPixels = 1024;

void classify_frame(const FrameView& frame, const uint8_t* table, int classes, BitImage* masks) {
  const bool bgr = frame.format == PixelFormat::bgr8;
  alignas(64) uint16_t indices[kClassifyPixels] = {};
  alignas(64) uint8_t sets[kClassifyPixels];
  for (int y = 0; y < frame.height; ++y) {
    for (int x = 0; x < frame.width; x += kClassifyPixels) {
      const int count = std::min(kClassifyPixels, frame.width - x);
      const int words = (count + 63) / 64;
      colour_indices(frame.row(y) + 3 * x, bgr, count, indices);
      for (int i = 0; i < count; i += 8) {  // eight at a time, which the compiler unrolls
        for (int j = i; j < i + 8; ++j) sets[j] = table[indices[j]];
      }
      for (int i = count; i < 64 * words; ++i) sets[i] = 0;
      for (int k = 0; k < classes; ++k) {
        for (int word = 0; word < words; ++word) masks[k].row(y)[x / 64 + word] = members(sets + 64 * word, k);
      }
    }
  }
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {

HWY_EXPORT(binarize_grey8);
HWY_EXPORT(binarize_grey16);
HWY_EXPORT(binarize_colour);
HWY_EXPORT(luma_pixels);
HWY_EXPORT(classify_frame);

// contract::luma8's weights of a pixel's first, second and third byte.
const uint16_t* luma_weights(bool bgr) {
  static constexpr uint16_t kRgb[] = {9798, 19235, 3735}, kBgr[] = {3735, 19235, 9798};
  return bgr ? kBgr : kRgb;
}

// Every pixel of the mask to foreground or background; padding stays 0.
void fill(BitImage& mask, bool foreground) {
  for (int y = 0; y < mask.height(); ++y) {
    std::fill_n(mask.row(y), mask.words_per_row(), foreground ? ~uint64_t{0} : 0);
    if (foreground && mask.width() % 64 != 0) mask.row(y)[mask.words_per_row() - 1] >>= 64 - mask.width() % 64;
  }
}

}  // namespace

void binarize(const FrameView& frame, int threshold, Polarity polarity, BitImage& mask) {
  const bool dark = polarity == Polarity::dark;
  const int most = frame.format == PixelFormat::grey16 ? 0xFFFF : 0xFF;
  if (threshold <= 0 || threshold > most) {  // every pixel is on the same side
    fill(mask, (threshold <= 0) != dark);
  } else if (frame.format == PixelFormat::grey16) {
    HWY_DYNAMIC_DISPATCH(binarize_grey16)(frame, static_cast<uint16_t>(threshold), dark, mask);
  } else if (is_colour(frame.format)) {
    const uint16_t* weights = luma_weights(frame.format == PixelFormat::bgr8);
    HWY_DYNAMIC_DISPATCH(binarize_colour)(frame, weights, static_cast<uint8_t>(threshold), dark, mask);
  } else {
    HWY_DYNAMIC_DISPATCH(binarize_grey8)(frame, static_cast<uint8_t>(threshold), dark, mask);
  }
}

void luma_row(const uint8_t* pixels, PixelFormat format, int width, uint8_t* grey) {
  const bool bgr = format == PixelFormat::bgr8;
  HWY_DYNAMIC_DISPATCH(luma_pixels)(pixels, bgr, luma_weights(bgr), width, grey);
}

void luma(const FrameView& frame, uint8_t* grey, int64_t grey_stride) {
  for (int y = 0; y < frame.height; ++y) luma_row(frame.row(y), frame.format, frame.width, grey + y * grey_stride);
}

void classify(const FrameView& frame, const uint8_t* table, int classes, BitImage* masks) {
  HWY_DYNAMIC_DISPATCH(classify_frame)(frame, table, classes, masks);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
