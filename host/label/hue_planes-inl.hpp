// Vector code for hue bins as bits; included once for each instruction set (hwy/foreach_target.h).
#if defined(FLASHCELL_HUE_PLANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef FLASHCELL_HUE_PLANES_INL
#undef FLASHCELL_HUE_PLANES_INL
#else
#define FLASHCELL_HUE_PLANES_INL
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "host/label/hue_histogram.hpp"
#include "host/label/pixel_planes-inl.hpp"
#include "kernels_hls/contract/colour.hpp"

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kPlanePixels = 64;
constexpr size_t kPixelBytes = 3 * kPlanePixels;
constexpr int kBinBits = std::countr_zero(static_cast<unsigned>(contract::kHueBins));

using PlaneWords = hn::CappedTag<uint64_t, 8>;
constexpr size_t kMaxPlanes = hn::MaxLanes(PlaneWords());

// Blocks of 64 pixels side by side, one bit a pixel: which are counted at all, which of those have a hue, and the bits
// of its bin.
struct HuePlanes {
  alignas(64) uint64_t foreground[kMaxPlanes] = {};
  alignas(64) uint64_t chromatic[kMaxPlanes];
  alignas(64) uint64_t bits[kBinBits][kMaxPlanes];
};

#if HWY_TARGET == HWY_SCALAR

inline void find_hues(const HueTables& tables, const uint8_t* pixels, bool bgr, size_t block, HuePlanes& planes) {
  planes.chromatic[block] = 0;
  for (auto& plane : planes.bits) plane[block] = 0;
  for (size_t i = 0; i < kPlanePixels; ++i) {
    const uint8_t *p = pixels + 3 * i, r = p[bgr ? 2 : 0], g = p[1], b = p[bgr ? 0 : 2];
    const int max = std::max({r, g, b}), chroma = max - std::min({r, g, b});
    const unsigned bin = contract::hsv8(r, g, b).h / (256 / contract::kHueBins);
    planes.chromatic[block] |= uint64_t{chroma >= tables.min_chroma[max]} << i;
    for (int k = 0; k < kBinBits; ++k) planes.bits[k][block] |= uint64_t{bin >> k & 1} << i;
  }
}

#else

using HueBytes = PixelBytes;
using HueVector = PixelVector;
using HueLanes = hn::Repartition<uint16_t, HueBytes>;

// table[index] for each byte.
HWY_INLINE HueVector look_up(const std::array<uint8_t, 256>& table, HueVector index) {
  const HueBytes d;
#if HWY_TARGET == HWY_AVX3_DL
  const auto quarter = [&](int i) HWY_ATTR { return hn::LoadU(d, table.data() + 64 * i).raw; };
  const HueVector low{_mm512_permutex2var_epi8(quarter(0), index.raw, quarter(1))};
  const HueVector high{_mm512_permutex2var_epi8(quarter(2), index.raw, quarter(3))};
  return hn::IfThenElse(hn::MaskFromVec(index), high, low);
#else
  alignas(64) uint8_t bytes[kPlanePixels];
  hn::Store(index, d, bytes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) bytes[i] = table[bytes[i]];
  return hn::Load(d, bytes);
#endif
}

// What hue is made of. It is (minuend - subtrahend + 2 * (green + blue)) / chroma sixths of the circle, backwards where
// `backwards`: one of the three terms that contract::hsv8 has for the three largest channels.
struct HueTerms {
  HueVector minuend, subtrahend, green, blue, chroma, factor_low, factor_high, backwards;
};

// The even or the odd bytes of a vector.
template <bool kOdd>
HWY_INLINE hn::Vec<HueLanes> half(HueVector v) {
  const HueLanes d;
  const auto lanes = hn::BitCast(d, v);
  if constexpr (kOdd) return hn::ShiftRight<8>(lanes);
  return hn::And(lanes, hn::Set(d, 0xFF));
}

// The product of contract::hsv8, rounded: (numerator * factor + 2048) >> 12 from the two halves of a product of 16-bit
// numbers; 2047 where backwards, because there the sign comes later.
template <bool kOdd>
HWY_INLINE hn::Vec<HueLanes> turn(const HueTerms& t) {
  const HueLanes d;
  const auto chroma = half<kOdd>(t.chroma);
  const auto turns = hn::Add(half<kOdd>(t.green), half<kOdd>(t.blue));
  const auto numerator = hn::Add(hn::Sub(half<kOdd>(t.minuend), half<kOdd>(t.subtrahend)), hn::Add(turns, turns));
  // The factors of the smallest chromas do not fit into 16 bits: those have the table entry of 64 times as much.
  const auto left =
      hn::IfThenElse(hn::Lt(chroma, hn::Set(d, 3)), hn::ShiftLeft<10>(numerator), hn::ShiftLeft<4>(numerator));
  const auto factor = hn::Or(half<kOdd>(t.factor_low), hn::ShiftLeft<8>(half<kOdd>(t.factor_high)));
  const auto rounding = hn::And(half<kOdd>(t.backwards), hn::Set(d, 16));
  const auto fraction = hn::SaturatedSub(hn::Mul(left, factor), rounding);
  return hn::Add(hn::MulHigh(left, factor), hn::ShiftRight<15>(fraction));
}

// Bits of 64 pixels, 192 bytes, into planes' word `block`, by contract::hsv8.
HWY_INLINE void find_hues(const HueTables& tables, const uint8_t* pixels, bool bgr, size_t block, HuePlanes& planes) {
  const HueBytes d;
  const auto store = [&](auto mask, size_t pixel, uint64_t& word)
                         HWY_ATTR { hn::StoreMaskBits(d, mask, reinterpret_cast<uint8_t*>(&word) + pixel / 8); };
  for (size_t i = 0; i < kPlanePixels; i += hn::Lanes(d)) {
    HueVector first, g, third;
    load_planes(pixels + 3 * i, first, g, third);
    const HueVector r = bgr ? third : first, b = bgr ? first : third;
    const HueVector max = hn::Max(r, hn::Max(g, b)), chroma = hn::Sub(max, hn::Min(r, hn::Min(g, b)));
    const auto is_red = hn::Eq(max, r);
    const auto is_blue = hn::Not(hn::Or(is_red, hn::Eq(max, g)));
    const HueVector ahead = hn::IfThenElse(is_red, g, hn::IfThenElse(is_blue, r, b));
    const HueVector behind = hn::IfThenElse(is_red, b, hn::IfThenElse(is_blue, g, r));
    const auto backwards = hn::And(is_red, hn::Eq(behind, hn::Max(ahead, behind)));
    HueTerms terms;
    terms.minuend = hn::IfThenElse(backwards, behind, ahead);
    terms.subtrahend = hn::IfThenElse(backwards, ahead, behind);
    terms.green = hn::IfThenZeroElse(is_red, chroma);
    terms.blue = hn::IfThenElseZero(is_blue, chroma);
    terms.chroma = chroma;
    terms.factor_low = look_up(tables.factor_low, chroma);
    terms.factor_high = look_up(tables.factor_high, chroma);
    terms.backwards = hn::VecFromMask(d, backwards);
    const HueVector forward = hn::BitCast(d, hn::Or(turn<false>(terms), hn::ShiftLeft<8>(turn<true>(terms))));
    const HueVector hue = hn::IfThenElse(backwards, hn::Sub(hn::Zero(d), forward), forward);

    const HueVector least = look_up(tables.min_chroma, max);
    store(hn::Eq(chroma, hn::Max(chroma, least)), i, planes.chromatic[block]);
    for (int k = 0; k < kBinBits; ++k) {
      store(hn::TestBit(hue, hn::Set(d, static_cast<uint8_t>(256 / contract::kHueBins << k))), i,
            planes.bits[k][block]);
    }
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

// Counts of a HuePlanes' blocks, a byte each: bin b is byte b % 8 of words[b / 8], what has no hue that of the last.
struct HueCounts {
  static constexpr int kWords = contract::kHueBins / 8 + 1;
  alignas(64) uint64_t words[kWords][kMaxPlanes];
};

HWY_INLINE void count_hues(const HuePlanes& planes, HueCounts& counts) {
  const PlaneWords d;
  for (size_t i = 0; i < kMaxPlanes; i += hn::Lanes(d)) {
    const auto foreground = hn::Load(d, planes.foreground + i);
    const auto chromatic = hn::And(foreground, hn::Load(d, planes.chromatic + i));
    hn::Store(hn::PopulationCount(hn::AndNot(chromatic, foreground)), d, counts.words[HueCounts::kWords - 1] + i);
    hn::Vec<PlaneWords> bits[kBinBits];
    for (int k = 0; k < kBinBits; ++k) bits[k] = hn::Load(d, planes.bits[k] + i);
    // By pairs of bits: the upper pair's four cases, in each the lower pair's.
    const auto cases = [&](int high) HWY_ATTR {
      const auto one = bits[high], other = bits[high - 1];
      const auto all = hn::Set(d, ~uint64_t{0});
      return std::array{hn::AndNot(hn::Or(one, other), all), hn::AndNot(one, other), hn::AndNot(other, one),
                        hn::And(one, other)};
    };
    const auto upper = cases(3), lower = cases(1);
    for (int w = 0; w < contract::kHueBins / 8; ++w) {
      auto word = hn::Zero(d);
      for (int b = 0; b < 8; ++b) {
        const int bin = 8 * w + b;
        const auto pixels = hn::And(chromatic, hn::And(upper[bin / 4], lower[bin % 4]));
        word = hn::Or(word, hn::ShiftLeftSame(hn::PopulationCount(pixels), 8 * b));
      }
      hn::Store(word, d, counts.words[w] + i);
    }
  }
}

// Adds the counts of one block to an object's features.
HWY_INLINE void add_counts(const HueCounts& counts, size_t block, contract::ObjectFeatures& features) {
  features.achromatic += static_cast<uint32_t>(counts.words[HueCounts::kWords - 1][block]);
  for (int w = 0; w < contract::kHueBins / 8; ++w) {
    const uint64_t word = counts.words[w][block];
    uint32_t* to = features.hue + 8 * w;
#if HWY_TARGET == HWY_SCALAR
    for (int b = 0; b < 8; ++b) to[b] += word >> (8 * b) & 0xFF;
#else
    const hn::CappedTag<uint32_t, 8> d32;
    const hn::Rebind<uint8_t, decltype(d32)> d8;
    const uint8_t* from = reinterpret_cast<const uint8_t*>(&word);
    for (size_t b = 0; b < 8; b += hn::Lanes(d32)) {
      hn::StoreU(hn::Add(hn::LoadU(d32, to + b), hn::PromoteTo(d32, hn::LoadU(d8, from + b))), d32, to + b);
    }
#endif
  }
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
