#include "host/segment/binarize.hpp"

#include <algorithm>
#include <cstring>

#include "kernels_hls/contract/colour.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/segment/binarize.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

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
  for (int w = 0; w < whole; ++w) words[w] = compare_64<T, kDark>(row + 64 * w, threshold);
  if (const int rest = width % 64; rest != 0) {
    T tail[64] = {};
    std::memcpy(tail, reinterpret_cast<const uint8_t*>(row + 64 * whole), sizeof(T) * rest);
    words[whole] = compare_64<T, kDark>(tail, threshold) & ((uint64_t{1} << rest) - 1);
  }
}

template <class T>
void binarize_frame(const FrameView& frame, T threshold, bool dark, BitImage& mask) {
  for (int y = 0; y < frame.height; ++y) {
    const T* row = reinterpret_cast<const T*>(frame.row(y));
    if (dark) {
      binarize_row<T, true>(row, frame.width, threshold, mask.row(y));
    } else {
      binarize_row<T, false>(row, frame.width, threshold, mask.row(y));
    }
  }
}

void binarize_grey8(const FrameView& frame, uint8_t threshold, bool dark, BitImage& mask) {
  binarize_frame<uint8_t>(frame, threshold, dark, mask);
}
void binarize_grey16(const FrameView& frame, uint16_t threshold, bool dark, BitImage& mask) {
  binarize_frame<uint16_t>(frame, threshold, dark, mask);
}

#if HWY_TARGET != HWY_SCALAR
using Bytes = hn::Vec<hn::ScalableTag<uint8_t>>;
using Wide = hn::Vec<hn::ScalableTag<uint32_t>>;

// Luma of one pixel in each 32-bit lane: that of the byte at position kByte of the lanes of r, g and b.
template <int kByte>
HWY_INLINE Wide luma_of_byte(Wide r, Wide g, Wide b) {
  const hn::ScalableTag<uint32_t> d32;
  const hn::ScalableTag<int32_t> di32;
  const hn::ScalableTag<int16_t> d16;
  const auto byte = hn::Set(d32, 0xFF);
  const auto at = [&](Wide v) HWY_ATTR { return hn::And(hn::ShiftRight<8 * kByte>(v), byte); };
  // 15-bit fixed point from the 16-bit pairs (r, g) and (b, 1).
  const auto rg = hn::BitCast(d16, hn::Or(at(r), hn::ShiftLeft<16>(at(g))));
  const auto b1 = hn::BitCast(d16, hn::Or(at(b), hn::Set(d32, 1u << 16)));
  const auto weight_rg = hn::BitCast(d16, hn::Set(d32, 19235u << 16 | 9798u));
  const auto weight_b1 = hn::BitCast(d16, hn::Set(d32, 16384u << 16 | 3735u));
  auto odd = hn::Zero(di32);
  auto even = hn::ReorderWidenMulAccumulate(di32, rg, weight_rg, hn::Zero(di32), odd);
  even = hn::ReorderWidenMulAccumulate(di32, b1, weight_b1, even, odd);
  return hn::ShiftLeft<8 * kByte>(hn::ShiftRight<15>(hn::BitCast(d32, hn::RearrangeToOddPlusEven(even, odd))));
}

HWY_INLINE Bytes luma_bytes(Bytes red, Bytes green, Bytes blue) {
  const hn::ScalableTag<uint32_t> d32;
  const Wide r = hn::BitCast(d32, red), g = hn::BitCast(d32, green), b = hn::BitCast(d32, blue);
  const Wide low = hn::Or(luma_of_byte<0>(r, g, b), luma_of_byte<1>(r, g, b));
  const Wide high = hn::Or(luma_of_byte<2>(r, g, b), luma_of_byte<3>(r, g, b));
  return hn::BitCast(hn::ScalableTag<uint8_t>(), hn::Or(low, high));
}
#endif

void luma_pixels(const uint8_t* pixels, bool bgr, int width, uint8_t* grey) {
  int x = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint8_t> d8;
  const int lanes = static_cast<int>(hn::Lanes(d8));
  for (; x + lanes <= width; x += lanes) {
    hn::Vec<decltype(d8)> first, second, third;
    hn::LoadInterleaved3(d8, pixels + 3 * x, first, second, third);
    hn::StoreU(bgr ? luma_bytes(third, second, first) : luma_bytes(first, second, third), d8, grey + x);
  }
#endif
  for (; x < width; ++x) {
    const uint8_t* p = pixels + 3 * x;
    grey[x] = contract::luma8(p[bgr ? 2 : 0], p[1], p[bgr ? 0 : 2]);
  }
}

// Which of 64 pixels have luma >= threshold.
uint64_t compare_luma_64(const uint8_t* pixels, bool bgr, uint8_t threshold) {
#if HWY_TARGET != HWY_SCALAR
  // Luma lies between a pixel's least and its largest channel: often that is enough.
  const hn::CappedTag<uint8_t, 64> d;
  auto least = hn::LoadU(d, pixels), largest = least;
  for (size_t i = hn::Lanes(d); i < 3 * 64; i += hn::Lanes(d)) {
    const auto channels = hn::LoadU(d, pixels + i);
    least = hn::Min(least, channels);
    largest = hn::Max(largest, channels);
  }
  const auto level = hn::Set(d, static_cast<uint8_t>(threshold - 1));  // threshold is at least 1
  if (hn::AllFalse(d, hn::Gt(largest, level))) return 0;
  if (hn::AllTrue(d, hn::Gt(least, level))) return ~uint64_t{0};
#endif
  uint8_t grey[64];
  luma_pixels(pixels, bgr, 64, grey);
  return compare_64<uint8_t, false>(grey, threshold);
}

void binarize_colour(const FrameView& frame, uint8_t threshold, bool dark, BitImage& mask) {
  const bool bgr = frame.format == PixelFormat::bgr8;
  const int whole = frame.width / 64, rest = frame.width % 64;
  const uint64_t flip = dark ? ~uint64_t{0} : 0;
  for (int y = 0; y < frame.height; ++y) {
    const uint8_t* row = frame.row(y);
    uint64_t* words = mask.row(y);
    for (int w = 0; w < whole; ++w) words[w] = compare_luma_64(row + 3 * 64 * w, bgr, threshold) ^ flip;
    if (rest != 0) {
      uint8_t tail[3 * 64] = {};
      std::memcpy(tail, row + 3 * 64 * whole, static_cast<size_t>(3 * rest));
      words[whole] = (compare_luma_64(tail, bgr, threshold) ^ flip) & ((uint64_t{1} << rest) - 1);
    }
  }
}

// Table indices of up to 64 pixels.
void colour_indices(const uint8_t* pixels, bool bgr, int count, uint16_t* indices) {
  int x = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint16_t> d16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  const int lanes = static_cast<int>(hn::Lanes(d16));
  for (; x + lanes <= count; x += lanes) {
    hn::Vec<decltype(d8)> first, second, third;
    hn::LoadInterleaved3(d8, pixels + 3 * x, first, second, third);
    const auto r = hn::ShiftRight<3>(hn::PromoteTo(d16, bgr ? third : first));
    const auto g = hn::ShiftRight<3>(hn::PromoteTo(d16, second));
    const auto b = hn::ShiftRight<3>(hn::PromoteTo(d16, bgr ? first : third));
    hn::StoreU(hn::Or(hn::Or(hn::ShiftLeft<10>(r), hn::ShiftLeft<5>(g)), b), d16, indices + x);
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

void classify_frame(const FrameView& frame, const uint8_t* table, int classes, BitImage* masks) {
  const bool bgr = frame.format == PixelFormat::bgr8;
  uint16_t indices[64];
  alignas(64) uint8_t sets[64] = {};
  for (int y = 0; y < frame.height; ++y) {
    for (int x = 0; x < frame.width; x += 64) {
      const int count = std::min(64, frame.width - x);
      colour_indices(frame.row(y) + 3 * x, bgr, count, indices);
      for (int i = 0; i < count; ++i) sets[i] = table[indices[i]];
      for (int i = count; i < 64; ++i) sets[i] = 0;
      for (int k = 0; k < classes; ++k) masks[k].row(y)[x / 64] = members(sets, k);
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
    HWY_DYNAMIC_DISPATCH(binarize_colour)(frame, static_cast<uint8_t>(threshold), dark, mask);
  } else {
    HWY_DYNAMIC_DISPATCH(binarize_grey8)(frame, static_cast<uint8_t>(threshold), dark, mask);
  }
}

void luma_row(const uint8_t* pixels, PixelFormat format, int width, uint8_t* grey) {
  HWY_DYNAMIC_DISPATCH(luma_pixels)(pixels, format == PixelFormat::bgr8, width, grey);
}

void luma(const FrameView& frame, uint8_t* grey, int64_t grey_stride) {
  for (int y = 0; y < frame.height; ++y) luma_row(frame.row(y), frame.format, frame.width, grey + y * grey_stride);
}

void classify(const FrameView& frame, const uint8_t* table, int classes, BitImage* masks) {
  HWY_DYNAMIC_DISPATCH(classify_frame)(frame, table, classes, masks);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
