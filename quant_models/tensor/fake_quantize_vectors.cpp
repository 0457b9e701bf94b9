#include "quant_models/tensor/fake_quantize_vectors.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/tensor/fake_quantize_vectors.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#ifndef FLASHCELL_QUANT_FAKE_QUANTIZE_GROUP
#define FLASHCELL_QUANT_FAKE_QUANTIZE_GROUP
namespace flashcell::quant {
/// Numbers side by side, each with a sum of its own on every machine: a vector of AVX-512.
inline constexpr int64_t kGroup = 16;
/// Groups until the sums go into one of float64.
inline constexpr int64_t kGroupsOfSum = 256;
}  // namespace flashcell::quant
#endif

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<float, kGroup>;
using Vector = hn::Vec<Tag>;

// The integer that x / scale = `ratio` rounds to, as far as it is in the range; else one outside of it.
HWY_INLINE Vector rounded(Vector ratio, const QuantizationSteps& s) {
  const Tag d;
  const Vector near = hn::Min(hn::Max(ratio, hn::Set(d, s.lowest - 1)), hn::Set(d, s.highest + 1));
  const Vector below = hn::Floor(near);
  const auto up = hn::Ge(hn::Sub(near, below), hn::Set(d, 0.5F));
  return hn::Add(below, hn::IfThenElseZero(up, hn::Set(d, 1.0F)));
}

HWY_INLINE Vector kept(Vector integer, const QuantizationSteps& s) {
  const Tag d;
  return hn::Min(hn::Max(integer, hn::Set(d, s.lowest)), hn::Set(d, s.highest));
}

void quantize_group(const float* in, const QuantizationSteps& s, float* out) {
  const Tag d;
  const Vector scale = hn::Set(d, s.scale);
  for (int64_t i = 0; i < kGroup; i += static_cast<int64_t>(hn::Lanes(d))) {
    const Vector ratio = hn::Div(hn::LoadU(d, in + i), scale);
    const Vector stored = hn::Mul(scale, kept(rounded(ratio, s), s));
    hn::StoreU(hn::IfThenElse(hn::IsNaN(ratio), ratio, stored), d, out + i);
  }
}

void differentiate_group(const float* in, const float* of_out, const QuantizationSteps& s, float* of_in, float* sums) {
  const Tag d;
  const Vector scale = hn::Set(d, s.scale);
  for (int64_t i = 0; i < kGroup; i += static_cast<int64_t>(hn::Lanes(d))) {
    const Vector ratio = hn::Div(hn::LoadU(d, in + i), scale), gradient = hn::LoadU(d, of_out + i);
    const Vector integer = rounded(ratio, s), stored = kept(integer, s);
    const auto inside = hn::Eq(integer, stored);
    hn::StoreU(hn::IfThenElseZero(inside, gradient), d, of_in + i);
    const Vector slope = hn::Sub(stored, hn::IfThenElseZero(inside, ratio));
    hn::StoreU(hn::Add(hn::LoadU(d, sums + i), hn::Mul(gradient, slope)), d, sums + i);
  }
}

void quantize_numbers(const float* in, int64_t count, const QuantizationSteps& s, float* out) {
  int64_t i = 0;
  for (; i + kGroup <= count; i += kGroup) quantize_group(in + i, s, out + i);
  float rest[kGroup] = {}, stored[kGroup];
  std::copy(in + i, in + count, rest);
  quantize_group(rest, s, stored);
  std::copy_n(stored, count - i, out + i);
}

double differentiate_numbers(const float* in, const float* of_out, int64_t count, const QuantizationSteps& s,
                             float* of_in) {
  double total = 0;
  int64_t i = 0;
  while (i + kGroup <= count) {
    float sums[kGroup] = {};
    const int64_t end = std::min(count, i + kGroup * kGroupsOfSum);
    for (; i + kGroup <= end; i += kGroup) differentiate_group(in + i, of_out + i, s, of_in + i, sums);
    for (const float sum : sums) total += static_cast<double>(sum);
  }
  float rest[kGroup] = {}, of_rest[kGroup] = {}, of_in_rest[kGroup], sums[kGroup] = {};
  std::copy(in + i, in + count, rest);
  std::copy(of_out + i, of_out + count, of_rest);
  differentiate_group(rest, of_rest, s, of_in_rest, sums);
  std::copy_n(of_in_rest, count - i, of_in + i);
  for (const float sum : sums) total += static_cast<double>(sum);
  return total;
}

}  // namespace flashcell::quant::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::quant {

HWY_EXPORT(quantize_numbers);
HWY_EXPORT(differentiate_numbers);

void fake_quantize(const float* in, int64_t count, const QuantizationSteps& steps, float* out) {
  HWY_DYNAMIC_DISPATCH(quantize_numbers)(in, count, steps, out);
}

double fake_quantize_gradients(const float* in, const float* of_out, int64_t count, const QuantizationSteps& steps,
                               float* of_in) {
  return HWY_DYNAMIC_DISPATCH(differentiate_numbers)(in, of_out, count, steps, of_in);
}

}  // namespace flashcell::quant
#endif
