#include "host/event_simulator/pixel_row.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/event_simulator/pixel_row.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;
using Integers = hn::RebindToSigned<Floats>;

/// Natural logarithm in 2^-24 of positive normal numbers, by 2 artanh((m - 1) / (m + 1)), m in sqrt(1/2)..sqrt(2). No
/// MulAdd: only some machines fuse it. Truncated: halves are rounded in different ways.
template <class V>
HWY_INLINE hn::VFromD<Integers> fixed_log(V value) {
  const Floats d;
  const Integers di;
  const auto bits = hn::BitCast(di, value);
  const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3F3504F3)));
  const auto mantissa = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  const auto one = hn::Set(d, 1.0F);
  const auto s = hn::Div(hn::Sub(mantissa, one), hn::Add(mantissa, one));
  const auto t = hn::Mul(s, s);
  auto series = hn::Set(d, 2.0F / 9);
  series = hn::Add(hn::Mul(series, t), hn::Set(d, 2.0F / 7));
  series = hn::Add(hn::Mul(series, t), hn::Set(d, 2.0F / 5));
  series = hn::Add(hn::Mul(series, t), hn::Set(d, 2.0F / 3));
  series = hn::Add(hn::Mul(series, t), hn::Set(d, 2.0F));
  const auto fraction = hn::ConvertTo(di, hn::Mul(hn::Mul(s, series), hn::Set(d, 16777216.0F)));
  return hn::Add(fraction, hn::Mul(exponent, hn::Set(di, 11629080)));
}

template <class V>
HWY_INLINE hn::VFromD<Integers> log_intensity(V light, const PixelStep& step) {
  const Floats d;
  const Integers di;
  const auto knee = hn::Set(d, step.knee);
  const auto linear = hn::ConvertTo(di, hn::Mul(hn::Min(light, knee), hn::Set(d, step.slope)));
  const auto logarithm = fixed_log(hn::Max(light, knee));
  return hn::IfThenElse(hn::RebindMask(di, hn::Gt(light, knee)), logarithm, linear);
}

/// Of 0 at least, and finite: what is no number counts as dark.
template <class V>
HWY_INLINE V sane(V light) {
  const Floats d;
  const auto positive = hn::IfThenElseZero(hn::Gt(light, hn::Zero(d)), light);
  return hn::IfThenElse(hn::Lt(positive, hn::Set(d, 1e30F)), positive, hn::Set(d, 1e30F));
}

void log_lanes(const float* light, int words, const PixelStep& step, int32_t* level) {
  const Floats d;
  const Integers di;
  for (int x = 0; x < 64 * words; x += static_cast<int>(hn::Lanes(d)))
    hn::StoreU(log_intensity(sane(hn::LoadU(d, light + x)), step), di, level + x);
}

template <bool kFiltered, bool kNoisy>
HWY_INLINE void step_lanes_as(const PixelRow& row, int words, const PixelStep& step) {
  const Floats d;
  const Integers di;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto one = hn::Set(d, 1.0F);
  const auto leak = hn::Set(di, step.leak);
  const auto zero = hn::Zero(di);
  for (int word = 0; word < words; ++word) {
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += lanes) {
      const int x = 64 * word + i;
      const auto light = sane(hn::LoadU(d, row.light + x));
      auto level = log_intensity(light, step);
      if (kFiltered) {
        const auto before = hn::LoadU(di, row.level + x);
        const auto turn = hn::Min(hn::Set(d, step.turn_most),
                                  hn::Add(hn::Mul(light, hn::Set(d, step.turn_per_unit)), hn::Set(d, step.turn)));
        const auto share = hn::Div(turn, hn::Add(turn, one));
        level = hn::Add(before, hn::ConvertTo(di, hn::Mul(hn::ConvertTo(d, hn::Sub(level, before)), share)));
      }
      hn::StoreU(level, di, row.next + x);
      const auto change = hn::Sub(hn::Add(level, leak), hn::LoadU(di, row.reference + x));
      const auto off = hn::Sub(zero, hn::LoadU(di, row.off + x));
      // An integer is at least another one when it is not less.
      auto busy = hn::Or(hn::Not(hn::Lt(change, hn::LoadU(di, row.on + x))), hn::Not(hn::Gt(change, off)));
      busy = hn::Or(busy, hn::Gt(hn::LoadU(di, row.blind + x), zero));
      if (kNoisy) {
        const auto rate = hn::Max(hn::Set(d, step.hazard_least),
                                  hn::Sub(hn::Set(d, step.hazard), hn::Mul(light, hn::Set(d, step.hazard_per_unit))));
        const auto hazard = hn::ConvertTo(di, rate);
        const auto noise = hn::Sub(hn::LoadU(di, row.noise + x), hazard);
        hn::StoreU(hazard, di, row.hazard + x);
        hn::StoreU(noise, di, row.noise + x);
        busy = hn::Or(busy, hn::Lt(noise, zero));
      }
      alignas(8) uint8_t bytes[8] = {};
      hn::StoreMaskBits(di, busy, bytes);
      uint64_t lane_bits;
      hwy::CopyBytes<8>(bytes, &lane_bits);
      bits |= lane_bits << i;
    }
    row.mask[word] = bits;
  }
}

void step_lanes(const PixelRow& row, int words, const PixelStep& step) {
  if (step.filtered && step.noisy) return step_lanes_as<true, true>(row, words, step);
  if (step.filtered) return step_lanes_as<true, false>(row, words, step);
  if (step.noisy) return step_lanes_as<false, true>(row, words, step);
  step_lanes_as<false, false>(row, words, step);
}

}  // namespace HWY_NAMESPACE
}  // namespace flashcell::host
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {

HWY_EXPORT(log_lanes);
HWY_EXPORT(step_lanes);

void log_row(const float* light, int words, const PixelStep& step, int32_t* level) {
  HWY_DYNAMIC_DISPATCH(log_lanes)(light, words, step, level);
}

void step_row(const PixelRow& row, int words, const PixelStep& step) {
  HWY_DYNAMIC_DISPATCH(step_lanes)(row, words, step);
}

}  // namespace flashcell::host
#endif
