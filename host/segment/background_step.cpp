#include "host/segment/background_step.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/segment/background_step.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Foreground bits of a vector's lanes, lane 0 lowest.
template <class D, class M>
HWY_INLINE uint64_t mask_bits(D d, M mask) {
  alignas(8) uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  uint64_t bits;
  hwy::CopyBytes<8>(bytes, &bits);
  return bits;
}

/// Lanes with a sign that may be foreground.
template <class D, class M, class V>
HWY_INLINE M right_polarity(D d, M foreground, V difference, bool bright, bool dark) {
  if (!dark) return hn::And(foreground, hn::Gt(difference, hn::Zero(d)));
  if (!bright) return hn::And(foreground, hn::Lt(difference, hn::Zero(d)));
  return foreground;
}

/// floor((difference * rate + dither) / 2^16); rate is unsigned in the bits of a signed lane, kHighRate where it may
/// pass 2^15.
template <bool kHighRate, class D, class V>
HWY_INLINE V scaled(D d, V difference, V rate, hn::VFromD<hn::RebindToUnsigned<D>> dither_minus_1) {
  const hn::RebindToUnsigned<D> du;
  auto high = hn::MulHigh(difference, rate);
  // The instruction takes the rate as signed: one that reads as rate - 2^16 misses `difference` in the high half.
  if (kHighRate) high = hn::Add(high, hn::And(difference, hn::BroadcastSignBit(rate)));
  // The rounding average is (low + dither) / 2 in 16 bits: its top bit is the carry of low + dither.
  const auto average = hn::AverageRound(hn::BitCast(du, hn::Mul(difference, rate)), dither_minus_1);
  return hn::Add(high, hn::BitCast(d, hn::ShiftRight<15>(average)));
}

/// deviation^2 in the variance's fixed point, saturating.
template <class D, class V>
HWY_INLINE hn::VFromD<D> square8(D d, V deviation) {
  const hn::RebindToUnsigned<D> du;
  const auto clipped = hn::ShiftLeft<3>(hn::Min(deviation, hn::Set(du, static_cast<uint16_t>(kMaxDeviation8))));
  return hn::BitCast(d, hn::MulHigh(clipped, clipped));
}

template <bool kHighRate>
HWY_INLINE void row8_at_rate(const uint8_t* grey, int words, const BackgroundStep8& step, int16_t* mean,
                             int16_t* variance, uint64_t* mask) {
  const hn::CappedTag<int16_t, 32> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto rate = hn::Set(d, static_cast<int16_t>(step.rate));
  const auto foreground_rate = hn::Set(d, static_cast<int16_t>(step.foreground_rate));
  const auto dither_minus_1 = hn::Set(du, static_cast<uint16_t>(step.dither - 1));
  const auto inverse_sigmas = hn::Set(du, step.inverse_sigmas);
  const auto min_variance = hn::Set(d, static_cast<int16_t>(step.min_variance));
  for (int word = 0; word < words; ++word) {
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += lanes) {
      const int x = 64 * word + i;
      const auto level = hn::ShiftLeft<kMeanFractionBits8>(hn::PromoteTo(d, hn::LoadU(d8, grey + x)));
      const auto m = hn::LoadU(d, mean + x);
      const auto v = hn::LoadU(d, variance + x);
      const auto difference = hn::Sub(level, m);
      const auto deviation = hn::BitCast(du, hn::Abs(difference));
      const auto squared_ratio = square8(d, hn::MulHigh(deviation, inverse_sigmas));
      const auto foreground =
          right_polarity(d, hn::Gt(squared_ratio, hn::Max(v, min_variance)), difference, step.bright, step.dark);
      const auto mean_rate = hn::IfThenElse(foreground, foreground_rate, rate);
      const auto variance_rate = hn::IfThenZeroElse(foreground, rate);
      const auto mean_change = scaled<kHighRate>(d, difference, mean_rate, dither_minus_1);
      const auto variance_change =
          scaled<kHighRate>(d, hn::Sub(square8(d, deviation), v), variance_rate, dither_minus_1);
      hn::StoreU(hn::Add(m, mean_change), d, mean + x);
      hn::StoreU(hn::Add(v, variance_change), d, variance + x);
      bits |= mask_bits(d, foreground) << i;
    }
    mask[word] = bits;
  }
}

void row8(const uint8_t* grey, int words, const BackgroundStep8& step, int16_t* mean, int16_t* variance,
          uint64_t* mask) {
  if (step.rate >= 32768) {
    row8_at_rate<true>(grey, words, step, mean, variance, mask);
  } else {
    row8_at_rate<false>(grey, words, step, mean, variance, mask);
  }
}

void row16(const uint16_t* grey, int words, const BackgroundStep16& step, float* mean, float* variance,
           uint64_t* mask) {
  const hn::CappedTag<float, 16> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto rate = hn::Set(d, step.rate);
  const auto foreground_rate = hn::Set(d, step.foreground_rate);
  const auto squared_sigmas = hn::Set(d, step.squared_sigmas);
  const auto min_variance = hn::Set(d, step.min_variance);
  const auto floor = hn::Set(d, kVarianceFloor16);
  for (int word = 0; word < words; ++word) {
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += lanes) {
      const int x = 64 * word + i;
      const auto level = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(d16, grey + x)));
      const auto m = hn::LoadU(d, mean + x);
      const auto v = hn::LoadU(d, variance + x);
      const auto difference = hn::Sub(level, m);
      const auto squared = hn::Mul(difference, difference);
      const auto limit = hn::Mul(squared_sigmas, hn::Max(v, min_variance));
      const auto foreground = right_polarity(d, hn::Gt(squared, limit), difference, step.bright, step.dark);
      const auto mean_rate = hn::IfThenElse(foreground, foreground_rate, rate);
      const auto variance_rate = hn::IfThenZeroElse(foreground, rate);
      // No MulAdd: only some machines fuse it.
      hn::StoreU(hn::Add(m, hn::Mul(mean_rate, difference)), d, mean + x);
      hn::StoreU(hn::Max(floor, hn::Add(v, hn::Mul(variance_rate, hn::Sub(squared, v)))), d, variance + x);
      bits |= mask_bits(d, foreground) << i;
    }
    mask[word] = bits;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace flashcell::host
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {

HWY_EXPORT(row8);
HWY_EXPORT(row16);

void background_row(const uint8_t* grey, int words, const BackgroundStep8& step, int16_t* mean, int16_t* variance,
                    uint64_t* mask) {
  HWY_DYNAMIC_DISPATCH(row8)(grey, words, step, mean, variance, mask);
}

void background_row(const uint16_t* grey, int words, const BackgroundStep16& step, float* mean, float* variance,
                    uint64_t* mask) {
  HWY_DYNAMIC_DISPATCH(row16)(grey, words, step, mean, variance, mask);
}

}  // namespace flashcell::host
#endif
