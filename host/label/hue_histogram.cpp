#include "host/label/hue_histogram.hpp"

#include <algorithm>
#include <cstring>

#include "kernels_hls/contract/colour.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/hue_histogram.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr uint32_t kBlock = 64;        // px
constexpr int32_t kAchromatic = 0xFF;  // instead of a bin

#if HWY_TARGET == HWY_SCALAR

void count_block(const HueTables& tables, const uint8_t* pixels, bool bgr, uint32_t count, uint32_t* histogram) {
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t *p = pixels + 3 * i, r = p[bgr ? 2 : 0], g = p[1], b = p[bgr ? 0 : 2];
    const int max = std::max({r, g, b}), chroma = max - std::min({r, g, b});
    if (chroma >= tables.min_chroma[max]) ++histogram[contract::hsv8(r, g, b).h >> 4];
  }
}

#else

using I32 = hn::CappedTag<int32_t, 16>;
using Vector = hn::Vec<I32>;

// Bin of each pixel, by contract::hsv8; kAchromatic below the floors.
HWY_INLINE Vector hue_bins(const HueTables& tables, Vector r, Vector g, Vector b) {
  const I32 d;
  const Vector max = hn::Max(r, hn::Max(g, b)), min = hn::Min(r, hn::Min(g, b));
  const Vector chroma = hn::Sub(max, min), twice = hn::Add(chroma, chroma);
  const Vector in_green = hn::Add(hn::Sub(b, r), twice);
  const Vector in_blue = hn::Add(hn::Sub(r, g), hn::Add(twice, twice));
  const Vector numerator =
      hn::IfThenElse(hn::Eq(max, r), hn::Sub(g, b), hn::IfThenElse(hn::Eq(max, g), in_green, in_blue));
  const Vector scaled = hn::Mul(numerator, hn::GatherIndex(d, tables.per_hue.data(), chroma));
  const Vector turns = hn::ShiftRight<12>(hn::Add(scaled, hn::Set(d, 2048)));
  const Vector hue =
      hn::Min(hn::Add(turns, hn::IfThenElseZero(hn::Lt(turns, hn::Zero(d)), hn::Set(d, 256))), hn::Set(d, 255));
  const auto grey = hn::Gt(hn::GatherIndex(d, tables.min_chroma.data(), max), chroma);
  return hn::IfThenElse(grey, hn::Set(d, kAchromatic), hn::ShiftRight<4>(hue));
}

void count_block(const HueTables& tables, const uint8_t* pixels, bool bgr, uint32_t count, uint32_t* histogram) {
  const I32 d;
  const hn::Rebind<uint8_t, I32> narrow;
  const uint32_t lanes = static_cast<uint32_t>(hn::Lanes(d));
  alignas(64) uint8_t bins[kBlock];
  std::memset(bins, kAchromatic, sizeof(bins));
  for (uint32_t i = 0; i < count; i += lanes) {
    hn::Vec<decltype(narrow)> first, second, third;
    hn::LoadInterleaved3(narrow, pixels + 3 * i, first, second, third);
    const Vector r = hn::PromoteTo(d, bgr ? third : first), g = hn::PromoteTo(d, second);
    const Vector b = hn::PromoteTo(d, bgr ? first : third);
    hn::StoreU(hn::DemoteTo(narrow, hue_bins(tables, r, g, b)), narrow, bins + i);
  }
  if (count < kBlock) std::memset(bins + count, kAchromatic, kBlock - count);

  const hn::CappedTag<uint8_t, kBlock> d8;
  for (size_t i = 0; i < kBlock; i += hn::Lanes(d8)) {
    const auto these = hn::Load(d8, bins + i);
    for (int bin = 0; bin < contract::kHueBins; ++bin) {
      histogram[bin] += static_cast<uint32_t>(hn::CountTrue(d8, hn::Eq(these, hn::Set(d8, static_cast<uint8_t>(bin)))));
    }
  }
}

#endif

void count_hues(const HueTables& tables, const uint8_t* pixels, bool bgr, uint32_t count, uint32_t* histogram) {
  for (uint32_t i = 0; i < count; i += kBlock) {
    count_block(tables, pixels + 3 * i, bgr, std::min(kBlock, count - i), histogram);
  }
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(count_hues);
}  // namespace

HueTables::HueTables(uint8_t saturation_floor, uint8_t value_floor) {
  for (int i = 0; i < 256; ++i) {
    per_hue[i] = i == 0 ? 0 : ((256 << 13) / (6 * i) + 1) >> 1;
    // (max, max - chroma, max - chroma) is a colour of that chroma and value.
    const auto saturation = [i](int chroma) {
      const uint8_t low = static_cast<uint8_t>(i - chroma);
      return contract::hsv8(static_cast<uint8_t>(i), low, low).s;
    };
    min_chroma[i] = 256;
    for (int chroma = i; i >= value_floor && chroma >= 0 && saturation(chroma) >= saturation_floor; --chroma)
      min_chroma[i] = chroma;
  }
}

void add_hues(const HueTables& tables, const uint8_t* pixels, bool bgr, uint32_t count,
              contract::ObjectFeatures& features) {
  uint32_t histogram[contract::kHueBins] = {};
  HWY_DYNAMIC_DISPATCH(count_hues)(tables, pixels, bgr, count, histogram);
  uint32_t achromatic = count;
  for (int i = 0; i < contract::kHueBins; ++i) {
    features.hue[i] += histogram[i];
    achromatic -= histogram[i];
  }
  features.achromatic += achromatic;
}

void HueCollector::add(const uint8_t* pixels, int count) {
  if (count_ + 64 > kCapacity) flush();
  uint8_t* to = pixels_ + 3 * count_;
  if (end_ - pixels >= kHuePadding) {
    // Whole vectors, wherever the stretch ends: what is too much is overwritten by the next.
    for (int i = 0; i < 3 * count; i += 64) std::memcpy(to + i, pixels + i, 64);
  } else {
    std::memcpy(to, pixels, static_cast<size_t>(3 * count));
  }
  count_ += static_cast<uint32_t>(count);
}

void HueCollector::flush() {
  if (count_ != 0) add_hues(tables_, pixels_, bgr_, count_, *features_);
  count_ = 0;
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
