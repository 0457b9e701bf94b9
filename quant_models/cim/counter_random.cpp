#include "quant_models/cim/counter_random.hpp"

#include <algorithm>

#include "quant_models/random.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/cim/counter_random.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#ifndef FLASHCELL_CIM_COUNTER_RANDOM_CONSTANTS
#define FLASHCELL_CIM_COUNTER_RANDOM_CONSTANTS
namespace flashcell::quant::cim {
inline constexpr uint32_t kMultiplier = 0xD256D193U, kWeyl = 0x9E3779B9U;
inline constexpr int kRounds = 10;
/// Counters that are worked on together.
inline constexpr size_t kTogether = 32;
}  // namespace flashcell::quant::cim
#endif

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::cim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Both words of counters first .. first + kTogether - 1.
#if HWY_TARGET == HWY_SCALAR
void words(uint32_t key, uint64_t first, uint32_t* low, uint32_t* high) {
  for (size_t i = 0; i < kTogether; ++i) {
    auto left = static_cast<uint32_t>(first + i), right = static_cast<uint32_t>((first + i) >> 32), k = key;
    for (int round = 0; round < kRounds; ++round, k += kWeyl) {
      const uint64_t product = uint64_t{left} * kMultiplier;
      left = static_cast<uint32_t>(product >> 32) ^ k ^ right;
      right = static_cast<uint32_t>(product);
    }
    low[i] = left;
    high[i] = right;
  }
}
#else
void words(uint32_t key, uint64_t first, uint32_t* low, uint32_t* high) {
  const hn::ScalableTag<uint64_t> d;
  const hn::Repartition<uint32_t, decltype(d)> half;
  const hn::Rebind<uint32_t, decltype(d)> narrow;
  const auto mask = hn::Set(d, 0xFFFFFFFFULL);
  const auto multiplier = hn::BitCast(half, hn::Set(d, uint64_t{kMultiplier}));
  for (size_t i = 0; i < kTogether; i += hn::Lanes(d)) {
    const auto counter = hn::Add(hn::Set(d, first + i), hn::Iota(d, 0));
    auto left = hn::And(counter, mask), right = hn::ShiftRight<32>(counter);
    uint32_t k = key;
    for (int round = 0; round < kRounds; ++round, k += kWeyl) {
      const auto product = hn::MulEven(hn::BitCast(half, left), multiplier);
      left = hn::Xor(hn::Xor(hn::ShiftRight<32>(product), hn::Set(d, uint64_t{k})), right);
      right = hn::And(product, mask);
    }
    hn::StoreU(hn::TruncateTo(narrow, left), narrow, low + i);
    hn::StoreU(hn::TruncateTo(narrow, right), narrow, high + i);
  }
}
#endif

// ln x of x in (0, 1]: x = 2^e m with m in [sqrt 1/2, sqrt 2); ln m = 2 atanh s, s = (m - 1) / (m + 1), |s| < 0.1716:
// the series up to s^9, remainder below 2e-9.
template <class D, class V>
V logarithm(D d, V x) {
  const hn::RebindToSigned<D> integer;
  const auto bits = hn::BitCast(integer, x);
  const auto shifted = hn::Sub(bits, hn::Set(integer, 0x3F3504F3));
  const auto exponent = hn::ShiftRight<23>(shifted);
  const auto m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  const auto one = hn::Set(d, 1.0F);
  const auto s = hn::Div(hn::Sub(m, one), hn::Add(m, one)), square = hn::Mul(s, s);
  auto sum = hn::Set(d, 2.0F / 9);
  for (const float c : {2.0F / 7, 2.0F / 5, 2.0F / 3, 2.0F}) sum = hn::Add(hn::Mul(sum, square), hn::Set(d, c));
  return hn::Add(hn::Mul(sum, s), hn::Mul(hn::ConvertTo(d, exponent), hn::Set(d, 0.69314718F)));
}

void box_muller(const uint32_t* low, const uint32_t* high, float* out) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> u;
  const hn::RebindToSigned<decltype(d)> integer;
  const size_t lanes = hn::Lanes(d);
  HWY_ALIGN float cosines[HWY_MAX_BYTES / sizeof(float)], sines[HWY_MAX_BYTES / sizeof(float)];
  for (size_t i = 0; i < kTogether; i += lanes) {
    const auto a = hn::BitCast(integer, hn::ShiftRight<8>(hn::LoadU(u, low + i)));
    const auto uniform = hn::Mul(hn::Add(hn::ConvertTo(d, a), hn::Set(d, 1.0F)), hn::Set(d, 0x1p-24F));
    const auto radius = hn::Sqrt(hn::Mul(logarithm(d, uniform), hn::Set(d, -2.0F)));
    // A whole turn is 2^24: two bits say the quarter, the others the angle in it, from -pi/4 to pi/4.
    const auto b = hn::ShiftRight<8>(hn::LoadU(u, high + i));
    const auto quarter = hn::ShiftRight<22>(b);
    const auto rest = hn::BitCast(integer, hn::And(b, hn::Set(u, 0x3FFFFFU)));
    const auto angle = hn::Mul(hn::Sub(hn::ConvertTo(d, rest), hn::Set(d, 2097151.5F)), hn::Set(d, 3.7450704e-7F));
    const auto square = hn::Mul(angle, angle);
    // Taylor polynomials of degrees 9 and 8: remainders below 2e-9 and 3e-8.
    auto sine = hn::Set(d, 2.7557319e-6F), cosine = hn::Set(d, 2.4801587e-5F);
    for (const float c : {-1.9841270e-4F, 8.3333333e-3F, -1.6666667e-1F, 1.0F})
      sine = hn::Add(hn::Mul(sine, square), hn::Set(d, c));
    for (const float c : {-1.3888889e-3F, 4.1666667e-2F, -0.5F, 1.0F})
      cosine = hn::Add(hn::Mul(cosine, square), hn::Set(d, c));
    sine = hn::Mul(sine, angle);
    const auto odd = hn::Eq(hn::And(quarter, hn::Set(u, 1U)), hn::Set(u, 1U));
    const auto odd_float = hn::RebindMask(d, odd);
    const auto sign = hn::BitCast(d, hn::ShiftLeft<30>(hn::And(quarter, hn::Set(u, 2U))));
    const auto first = hn::IfThenElse(odd_float, hn::Neg(sine), cosine);
    const auto second = hn::IfThenElse(odd_float, cosine, sine);
    hn::Store(hn::Mul(radius, hn::Xor(first, sign)), d, cosines);
    hn::Store(hn::Mul(radius, hn::Xor(second, sign)), d, sines);
    for (size_t k = 0; k < lanes; ++k) {
      out[2 * (i + k)] = cosines[k];
      out[2 * (i + k) + 1] = sines[k];
    }
  }
}

}  // namespace flashcell::quant::cim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::quant::cim {

HWY_EXPORT(words);
HWY_EXPORT(box_muller);

uint64_t philox(uint64_t counter, uint32_t key) {
  uint32_t low[kTogether], high[kTogether];
  HWY_DYNAMIC_DISPATCH(words)(key, counter, low, high);
  return uint64_t{high[0]} << 32 | low[0];
}

void normals(uint32_t key, uint64_t first, std::span<float> numbers) {
  uint32_t low[kTogether], high[kTogether];
  float drawn[2 * kTogether];
  for (size_t done = 0; done < numbers.size(); done += 2 * kTogether) {
    HWY_DYNAMIC_DISPATCH(words)(key, (first + done) / 2, low, high);
    const size_t count = std::min(2 * kTogether, numbers.size() - done);
    if (count == 2 * kTogether) {
      HWY_DYNAMIC_DISPATCH(box_muller)(low, high, numbers.data() + done);
    } else {
      HWY_DYNAMIC_DISPATCH(box_muller)(low, high, drawn);
      std::copy_n(drawn, count, numbers.data() + done);
    }
  }
}

void uniforms(uint32_t key, uint64_t first, std::span<float> numbers) {
  uint32_t low[kTogether], high[kTogether];
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t at = i / 2 % kTogether;
    if (i % (2 * kTogether) == 0) HWY_DYNAMIC_DISPATCH(words)(key, (first + i) / 2, low, high);
    numbers[i] = static_cast<float>((i % 2 == 0 ? low[at] : high[at]) >> 8) * 0x1p-23F - 1;
  }
}

uint32_t stream_key(uint64_t seed, uint32_t stream) {
  return static_cast<uint32_t>(Random(seed, {}).next() >> 32) ^ stream;
}

}  // namespace flashcell::quant::cim
#endif
