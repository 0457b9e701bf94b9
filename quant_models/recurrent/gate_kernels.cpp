#include "quant_models/recurrent/gate_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/recurrent/gate_kernels.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;

HWY_INLINE Vector set(float x) {
  return hn::Set(Tag(), x);
}

// 2^n, n in -127..127.
HWY_INLINE Vector power_of_two(hn::Vec<hn::RebindToSigned<Tag>> n) {
  const hn::RebindToSigned<Tag> whole;
  return hn::BitCast(Tag(), hn::ShiftLeft<23>(hn::Add(n, hn::Set(whole, 127))));
}

// gate_exponential(), operation by operation.
HWY_INLINE Vector exponential(Vector x) {
  const hn::RebindToSigned<Tag> whole;
  const Vector inside = hn::Min(hn::Max(x, set(-104.0F)), set(89.0F));
  const Vector n = hn::Round(hn::Mul(inside, set(1.4426950408889634F)));
  const Vector r = hn::Sub(hn::Sub(inside, hn::Mul(n, set(0.693359375F))), hn::Mul(n, set(-2.12194440054690583e-4F)));
  Vector sum = set(1.0F / 5040);
  for (const float c : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F})
    sum = hn::Add(hn::Mul(sum, r), set(c));
  const auto power = hn::ConvertTo(whole, n), half = hn::ShiftRight<1>(power);
  const Vector e = hn::Mul(hn::Mul(sum, power_of_two(half)), power_of_two(hn::Sub(power, half)));
  return hn::IfThenElse(hn::Eq(x, x), e, x);
}

HWY_INLINE Vector sigmoid(Vector x) {
  return hn::Div(set(1.0F), hn::Add(set(1.0F), exponential(hn::Neg(x))));
}
HWY_INLINE Vector tanh(Vector x) {
  const Vector e = exponential(hn::Mul(set(-2.0F), x));
  return hn::Sub(hn::Div(set(2.0F), hn::Add(set(1.0F), e)), set(1.0F));
}

// Whole vectors, then the rest by vectors of one number.
template <class Function>
HWY_INLINE void for_each_vector(size_t count, Function function) {
  const size_t lanes = hn::Lanes(Tag());
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) function(i, lanes);
  if (i < count) function(i, count - i);
}

// `count` numbers of a vector; those behind them are not touched.
HWY_INLINE Vector load(const float* from, size_t count) {
  const Tag d;
  if (count == hn::Lanes(d)) return hn::LoadU(d, from);
  HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)] = {};
  for (size_t i = 0; i < count; ++i) buffer[i] = from[i];
  return hn::Load(d, buffer);
}
HWY_INLINE void store(Vector v, float* to, size_t count) {
  const Tag d;
  if (count == hn::Lanes(d)) return hn::StoreU(v, d, to);
  HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)] = {};
  hn::Store(v, d, buffer);
  for (size_t i = 0; i < count; ++i) to[i] = buffer[i];
}

void all_gated_states(const float* a, const float* b, const float* memory, size_t hidden, float* z, float* r, float* g,
                      float* state) {
  for_each_vector(hidden, [=](size_t i, size_t n) HWY_ATTR {
    const Vector update = sigmoid(hn::Add(load(a + i, n), load(b + i, n)));
    const Vector reset = sigmoid(hn::Add(load(a + hidden + i, n), load(b + hidden + i, n)));
    const Vector candidate = tanh(hn::Add(load(a + 2 * hidden + i, n), hn::Mul(reset, load(b + 2 * hidden + i, n))));
    const Vector kept = hn::Mul(update, load(memory + i, n));
    store(hn::Add(kept, hn::Mul(hn::Sub(set(1.0F), update), candidate)), state + i, n);
    store(update, z + i, n);
    store(reset, r + i, n);
    store(candidate, g + i, n);
  });
}

void all_speak(const float* state, const float* thresholds, size_t hidden, float* output, float* memory) {
  for_each_vector(hidden, [=](size_t i, size_t n) HWY_ATTR {
    const Vector c = load(state + i, n), threshold = load(thresholds + i, n);
    const auto speaks = hn::Gt(c, threshold);
    store(hn::IfThenElseZero(speaks, c), output + i, n);
    store(hn::IfThenElse(speaks, hn::Sub(c, threshold), c), memory + i, n);
  });
}

void all_sigmoids(const float* a, const float* b, size_t count, float* out) {
  for_each_vector(
      count, [=](size_t i, size_t n) HWY_ATTR { store(sigmoid(hn::Add(load(a + i, n), load(b + i, n))), out + i, n); });
}
void all_tanhs(const float* a, const float* b, size_t count, float* out) {
  for_each_vector(
      count, [=](size_t i, size_t n) HWY_ATTR { store(tanh(hn::Add(load(a + i, n), load(b + i, n))), out + i, n); });
}

}  // namespace flashcell::quant::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::quant {

HWY_EXPORT(all_gated_states);
HWY_EXPORT(all_speak);
HWY_EXPORT(all_sigmoids);
HWY_EXPORT(all_tanhs);

void gated_states(const float* input_sums, const float* recurrent_sums, const float* memory, size_t hidden, float* z,
                  float* r, float* g, float* state) {
  HWY_DYNAMIC_DISPATCH(all_gated_states)(input_sums, recurrent_sums, memory, hidden, z, r, g, state);
}
void speak(const float* state, const float* thresholds, size_t hidden, float* output, float* memory) {
  HWY_DYNAMIC_DISPATCH(all_speak)(state, thresholds, hidden, output, memory);
}
void sigmoids_of_sums(const float* a, const float* b, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(all_sigmoids)(a, b, count, out);
}
void tanhs_of_sums(const float* a, const float* b, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(all_tanhs)(a, b, count, out);
}

}  // namespace flashcell::quant
#endif
