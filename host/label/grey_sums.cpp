#include "host/label/grey_sums.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "kernels_hls/contract/colour.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/grey_sums.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

uint32_t grey_at(const uint8_t* p, PixelFormat format) {
  switch (format) {
    case PixelFormat::grey8:
      return p[0];
    case PixelFormat::rgb8:
      return contract::luma8(p[0], p[1], p[2]);
    case PixelFormat::bgr8:
      return contract::luma8(p[2], p[1], p[0]);
    case PixelFormat::grey16:
      break;
  }
  uint16_t value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

GreySums add_up(const uint8_t* pixels, PixelFormat format, uint32_t count) {
  GreySums sums = {0, 0, 0};
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t grey = grey_at(pixels + i * static_cast<uint32_t>(bytes_per_pixel(format)), format);
    sums.sum += grey;
    sums.weighted += grey * i;
    sums.peak = std::max(sums.peak, grey);
  }
  return sums;
}

#else

using U32 = hn::CappedTag<uint32_t, 16>;
using U8 = hn::Rebind<uint8_t, U32>;
using U16 = hn::Rebind<uint16_t, U32>;
using Vector = hn::Vec<U32>;

// contract::luma8.
HWY_INLINE Vector luma(const uint8_t* pixels, bool bgr) {
  const U32 d;
  hn::Vec<U8> first, second, third;
  hn::LoadInterleaved3(U8(), pixels, first, second, third);
  const Vector red = hn::PromoteTo(d, bgr ? third : first), blue = hn::PromoteTo(d, bgr ? first : third);
  const Vector green = hn::PromoteTo(d, second);
  const Vector reds = hn::Mul(red, hn::Set(d, 9798)), greens = hn::Mul(green, hn::Set(d, 19235));
  const Vector blues = hn::Add(hn::Mul(blue, hn::Set(d, 3735)), hn::Set(d, 16384));
  return hn::ShiftRight<15>(hn::Add(hn::Add(reds, greens), blues));
}

HWY_INLINE Vector load_grey(const uint8_t* pixels, PixelFormat format, uint32_t i) {
  const U32 d;
  if (format == PixelFormat::grey8) return hn::PromoteTo(d, hn::LoadU(U8(), pixels + i));
  if (format != PixelFormat::grey16) return luma(pixels + 3 * i, format == PixelFormat::bgr8);
  return hn::PromoteTo(d, hn::BitCast(U16(), hn::LoadU(hn::Repartition<uint8_t, U16>(), pixels + 2 * i)));
}

// Reads whole vectors: up to 16 pixels past the last. No sum is above 65535 * 64 * 63 / 2.
GreySums add_up(const uint8_t* pixels, PixelFormat format, uint32_t count) {
  const U32 d;
  const uint32_t lanes = static_cast<uint32_t>(hn::Lanes(d));
  Vector sum = hn::Zero(d), weighted = sum, peak = sum, place = hn::Iota(d, 0);
  for (uint32_t i = 0; i < count; i += lanes) {
    const auto here = hn::Lt(place, hn::Set(d, count));
    const Vector grey = hn::IfThenElseZero(here, load_grey(pixels, format, i));
    sum = hn::Add(sum, grey);
    weighted = hn::Add(weighted, hn::Mul(grey, place));
    peak = hn::Max(peak, grey);
    place = hn::Add(place, hn::Set(d, lanes));
  }
  return {hn::GetLane(hn::SumOfLanes(d, sum)), hn::GetLane(hn::SumOfLanes(d, weighted)),
          hn::GetLane(hn::MaxOfLanes(d, peak))};
}

#endif

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(add_up);

constexpr int kMaxCount = 64, kPaddedCount = kMaxCount + 16;  // px
}  // namespace

GreySums grey_sums(const FrameView& frame, int x, int y, int count) {
  const ptrdiff_t pixel = bytes_per_pixel(frame.format);
  const uint8_t* pixels = frame.row(y) + x * pixel;
  const uint8_t* end = frame.row(frame.height - 1) + frame.width * pixel;
  uint8_t padded[3 * kPaddedCount];
  if (end - pixels < kPaddedCount * pixel) {
    std::memset(padded, 0, sizeof(padded));
    pixels = static_cast<uint8_t*>(std::memcpy(padded, pixels, static_cast<size_t>(count * pixel)));
  }
  return HWY_DYNAMIC_DISPATCH(add_up)(pixels, frame.format, static_cast<uint32_t>(count));
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
