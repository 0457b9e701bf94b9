#include "quant_models/cim/column_readout.hpp"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/cim/column_readout.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::cim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One vector, or one number with a capped tag.
template <class D>
void read_out_at(D d, const ReadoutLaw& law, const float* sums, const float* variances, const float* noise,
                 float* currents) {
  auto current = hn::Mul(hn::LoadU(d, sums), hn::Set(d, law.to_current));
  if (noise != nullptr) {
    auto variance = hn::Set(d, law.more_variance);
    if (variances != nullptr)
      variance = hn::Add(hn::Mul(hn::LoadU(d, variances), hn::Set(d, law.to_variance)), variance);
    variance = hn::Max(variance, hn::Zero(d));
    current = hn::Add(current, hn::Mul(hn::Sqrt(variance), hn::LoadU(d, noise)));
  }
  if (law.converts) {
    const auto inside = hn::Min(hn::Max(current, hn::Set(d, law.low)), hn::Set(d, law.high));
    const auto code = hn::Round(hn::Mul(hn::Sub(inside, hn::Set(d, law.low)), hn::Set(d, law.steps)));
    current = hn::Add(hn::Mul(code, hn::Set(d, law.step)), hn::Set(d, law.low));
  }
  hn::StoreU(current, d, currents);
}

void read_out_all(const ReadoutLaw& law, const float* sums, const float* variances, const float* noise, size_t count,
                  float* currents) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const auto at = [](const float* numbers, size_t i) { return numbers == nullptr ? nullptr : numbers + i; };
  size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d))
    read_out_at(d, law, sums + i, at(variances, i), at(noise, i), currents + i);
  for (; i < count; ++i) read_out_at(one, law, sums + i, at(variances, i), at(noise, i), currents + i);
}

void add_all(const float* numbers, float factor, size_t count, float* out) {
  const hn::ScalableTag<float> d;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d))
    hn::StoreU(hn::Add(hn::LoadU(d, out + i), hn::Mul(hn::LoadU(d, numbers + i), hn::Set(d, factor))), d, out + i);
  for (; i < count; ++i) out[i] += numbers[i] * factor;
}

}  // namespace flashcell::quant::cim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::quant::cim {

HWY_EXPORT(read_out_all);
HWY_EXPORT(add_all);

void read_out(const ReadoutLaw& law, const float* sums, const float* variances, const float* noise, int count,
              float* currents) {
  HWY_DYNAMIC_DISPATCH(read_out_all)(law, sums, variances, noise, static_cast<size_t>(count), currents);
}

void add_scaled(const float* numbers, float factor, int count, float* out) {
  HWY_DYNAMIC_DISPATCH(add_all)(numbers, factor, static_cast<size_t>(count), out);
}

}  // namespace flashcell::quant::cim
#endif
