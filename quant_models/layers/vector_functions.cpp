#include "quant_models/layers/vector_functions.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/layers/vector_functions.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;

HWY_INLINE Vector set(double x) {
  return hn::Set(Tag(), static_cast<float>(x));
}

// c[0] x^(n-1) + ... + c[n-1].
template <int kCount>
HWY_INLINE Vector polynomial(const double (&c)[kCount], Vector x) {
  Vector sum = set(c[0]);
  for (int i = 1; i < kCount; ++i) sum = hn::Add(hn::Mul(sum, x), set(c[i]));
  return sum;
}

// 2^n, n in -127..127.
HWY_INLINE Vector power_of_two(hn::Vec<hn::RebindToSigned<Tag>> n) {
  const hn::RebindToSigned<Tag> whole;
  return hn::BitCast(Tag(), hn::ShiftLeft<23>(hn::Add(n, hn::Set(whole, 127))));
}

HWY_INLINE Vector exponential(Vector x) {
  static constexpr double kTaylor[] = {1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1};
  const hn::RebindToSigned<Tag> whole;
  const Vector inside = hn::Min(hn::Max(x, set(-104)), set(89));
  const Vector n = hn::Round(hn::Mul(inside, set(1.4426950408889634)));
  // ln 2 in two parts, of which the first times n is exact.
  const Vector r = hn::Sub(hn::Sub(inside, hn::Mul(n, set(0.693359375))), hn::Mul(n, set(-2.12194440054690583e-4)));
  const auto power = hn::ConvertTo(whole, n), half = hn::ShiftRight<1>(power);
  const Vector e = hn::Mul(hn::Mul(polynomial(kTaylor, r), power_of_two(half)), power_of_two(hn::Sub(power, half)));
  return hn::IfThenElse(hn::Eq(x, x), e, x);
}

// For x at least 0.
HWY_INLINE Vector complementary_error(Vector x) {
  static constexpr double kFit[] = {0.17087277,  -0.82215223, 1.48851587, -1.13520398, 0.27886807,
                                    -0.18628806, 0.09678418,  0.37409196, 1.00002368,  -1.26551223};
  const Vector t = hn::Div(set(1), hn::Add(set(1), hn::Mul(set(0.5), x)));
  return hn::Mul(t, exponential(hn::Sub(polynomial(kFit, t), hn::Mul(x, x))));
}

// erf(x) for |x| below 1: 2 / sqrt(pi) times the sum of (-1)^n x^(2n+1) / (n! (2n+1)).
HWY_INLINE Vector near_zero_error(Vector x) {
  static constexpr double kScale = 1.1283791670955126;
  static constexpr double kTaylor[] = {-kScale / 6894720, kScale / 685440, -kScale / 75600, kScale / 9360,
                                       -kScale / 1320,    kScale / 216,    -kScale / 42,    kScale / 10,
                                       -kScale / 3,       kScale};
  return hn::Mul(x, polynomial(kTaylor, hn::Mul(x, x)));
}

HWY_INLINE Vector error_function(Vector x) {
  const Vector size = hn::Abs(x), far = hn::CopySign(hn::Sub(set(1), complementary_error(size)), x);
  return hn::IfThenElse(hn::Lt(size, set(1)), near_zero_error(x), far);
}

HWY_INLINE Vector gelu(Vector x) {
  const Vector u = hn::Mul(x, set(0.7071067811865476)), size = hn::Abs(u);
  const Vector rest = complementary_error(size);  // of a positive x; all there is of a negative one
  const Vector far = hn::IfThenElse(hn::Lt(u, hn::Zero(Tag())), rest, hn::Sub(set(2), rest));
  const Vector gate = hn::IfThenElse(hn::Lt(size, set(1)), hn::Add(set(1), near_zero_error(u)), far);
  // Infinity times 0 would be no number.
  return hn::IfThenElse(hn::Lt(x, set(-30)), hn::Zero(Tag()), hn::Mul(hn::Mul(x, set(0.5)), gate));
}

// 1 + tanh(u) is 2 / (1 + exp(-2 u)).
HWY_INLINE Vector tanh_gelu(Vector x) {
  const Vector square = hn::Mul(x, x);
  const Vector u = hn::Mul(hn::Mul(set(0.7978845608028654), x), hn::Add(set(1), hn::Mul(set(0.044715), square)));
  const Vector y = hn::Div(x, hn::Add(set(1), exponential(hn::Mul(set(-2), u))));
  return hn::IfThenElse(hn::Lt(x, set(-30)), hn::Zero(Tag()), y);
}

// Whole vectors; the last one by way of a buffer.
template <class Function>
HWY_INLINE void for_each(const float* in, float* out, int64_t count, Function function) {
  const Tag d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(function(hn::LoadU(d, in + i)), d, out + i);
  if (i == count) return;
  HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)] = {};
  for (int64_t k = i; k < count; ++k) buffer[k - i] = in[k];
  hn::Store(function(hn::Load(d, buffer)), d, buffer);
  for (int64_t k = i; k < count; ++k) out[k] = buffer[k - i];
}

void all_exponentials(const float* in, float shift, float* out, int64_t count) {
  const Vector by = hn::Set(Tag(), shift);
  for_each(in, out, count, [by](Vector x) HWY_ATTR { return exponential(hn::Sub(x, by)); });
}
void all_error_functions(const float* in, float* out, int64_t count) {
  for_each(in, out, count, [](Vector x) HWY_ATTR { return error_function(x); });
}
void all_gelus(const float* in, float* out, int64_t count) {
  for_each(in, out, count, [](Vector x) HWY_ATTR { return gelu(x); });
}
void all_tanh_gelus(const float* in, float* out, int64_t count) {
  for_each(in, out, count, [](Vector x) HWY_ATTR { return tanh_gelu(x); });
}

}  // namespace flashcell::quant::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::quant {

HWY_EXPORT(all_exponentials);
HWY_EXPORT(all_error_functions);
HWY_EXPORT(all_gelus);
HWY_EXPORT(all_tanh_gelus);

void exponentials(const float* in, float shift, float* out, int64_t count) {
  HWY_DYNAMIC_DISPATCH(all_exponentials)(in, shift, out, count);
}
void error_functions(const float* in, float* out, int64_t count) {
  HWY_DYNAMIC_DISPATCH(all_error_functions)(in, out, count);
}
void gelus(const float* in, float* out, int64_t count) {
  HWY_DYNAMIC_DISPATCH(all_gelus)(in, out, count);
}
void tanh_gelus(const float* in, float* out, int64_t count) {
  HWY_DYNAMIC_DISPATCH(all_tanh_gelus)(in, out, count);
}

}  // namespace flashcell::quant
#endif
