#include "quant_models/recurrent/integer_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/recurrent/integer_kernels.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
// At most 16 numbers: four vectors are no more than what arrays are filled up to.
using Tag32 = hn::CappedTag<int32_t, 16>;
using Tag16 = hn::Rebind<int16_t, Tag32>;
using Tag8 = hn::Rebind<int8_t, Tag32>;
using Vector32 = hn::Vec<Tag32>;

HWY_INLINE Vector32 load16(const int16_t* from) {
  return hn::PromoteTo(Tag32(), hn::LoadU(Tag16(), from));
}
HWY_INLINE void store16(Vector32 v, int16_t* to) {
  hn::StoreU(hn::DemoteTo(Tag16(), v), Tag16(), to);
}
HWY_INLINE Vector32 set32(int32_t x) {
  return hn::Set(Tag32(), x);
}

HWY_INLINE Vector32 add_product(Vector32 sum, const int8_t* column, Vector32 x) {
  return hn::Add(sum, hn::Mul(hn::PromoteTo(Tag32(), hn::LoadU(Tag8(), column)), x));
}

void all_columns(const int8_t* columns, size_t padded, const int16_t* in, const uint32_t* events, size_t event_count,
                 int32_t* out) {
  const Tag32 d;
  const size_t lanes = hn::Lanes(d);
  for (size_t row = 0; row < padded; row += 4 * lanes) {
    Vector32 a = hn::Zero(d), b = a, c = a, e = a;
    for (size_t i = 0; i < event_count; ++i) {
      const int8_t* column = columns + events[i] * padded + row;
      const Vector32 x = set32(in[events[i]]);
      a = add_product(a, column, x);
      b = add_product(b, column + lanes, x);
      c = add_product(c, column + 2 * lanes, x);
      e = add_product(e, column + 3 * lanes, x);
    }
    hn::StoreU(a, d, out + row);
    hn::StoreU(b, d, out + row + lanes);
    hn::StoreU(c, d, out + row + 2 * lanes);
    hn::StoreU(e, d, out + row + 3 * lanes);
  }
}

void all_rescaled(const int32_t* sums, const RowScales& scales, size_t count, int16_t* values) {
  const hn::CappedTag<int64_t, 8> d64;
  const hn::RebindToUnsigned<decltype(d64)> unsigned64;
  const hn::Rebind<uint32_t, decltype(d64)> unsigned32;
  const hn::Rebind<int32_t, decltype(d64)> d32;
  const hn::Rebind<int16_t, decltype(d64)> d16;
  const auto one = hn::Set(d64, int64_t{1});
  // Beyond it any bias leaves a number that saturates.
  const auto most = hn::Set(d64, int64_t{1} << 17), least = hn::Neg(most);
  for (size_t i = 0; i < count; i += hn::Lanes(d64)) {
    const auto wide = [&](const int32_t* from) HWY_ATTR { return hn::PromoteTo(d64, hn::LoadU(d32, from + i)); };
    const auto shift = wide(scales.shifts), half = hn::Shl(one, hn::Sub(shift, one));
    const auto value = hn::Shr(hn::Add(hn::Mul(wide(sums), wide(scales.factors)), half), shift);
    const auto inside = hn::BitCast(unsigned64, hn::Min(hn::Max(value, least), most));
    const auto narrow = hn::BitCast(d32, hn::TruncateTo(unsigned32, inside));
    hn::StoreU(hn::DemoteTo(d16, hn::Add(narrow, hn::LoadU(d32, scales.biases + i))), d16, values + i);
  }
}

// GateTable, of sums that are saturated first.
HWY_INLINE Vector32 look_up(const int32_t* knots, Vector32 sum) {
  const Tag32 d;
  const Vector32 inside = hn::Min(hn::Max(sum, set32(INT16_MIN)), set32(INT16_MAX));
  const Vector32 place = hn::Add(inside, set32(32768));
  const Vector32 knot = hn::ShiftRight<7>(place), rest = hn::And(place, set32(127));
  const Vector32 below = hn::GatherIndex(d, knots, knot), above = hn::GatherIndex(d, knots + 1, knot);
  return hn::Add(below, hn::ShiftRight<7>(hn::Add(hn::Mul(hn::Sub(above, below), rest), set32(64))));
}

void all_units(const IntegerUnits& units, size_t hidden) {
  const Vector32 one = set32(1 << 15), half = set32(1 << 14);
  const int16_t *a = units.input, *b = units.recurrent;
  for (size_t u = 0; u < hidden; u += hn::Lanes(Tag32()), a += hn::Lanes(Tag32()), b += hn::Lanes(Tag32())) {
    const Vector32 z = look_up(units.sigmoid, hn::Add(load16(a), load16(b)));
    const Vector32 r = look_up(units.sigmoid, hn::Add(load16(a + hidden), load16(b + hidden)));
    const Vector32 reset = hn::ShiftRight<15>(hn::Add(hn::Mul(r, load16(b + 2 * hidden)), half));
    const Vector32 g = look_up(units.tanh, hn::Add(load16(a + 2 * hidden), reset));
    const Vector32 mixed = hn::Add(hn::Mul(z, load16(units.memory + u)), hn::Mul(hn::Sub(one, z), g));
    const Vector32 c = hn::ShiftRight<15>(hn::Add(mixed, half));
    if (units.thresholds == nullptr) {
      store16(c, units.output + u);
      store16(c, units.memory + u);
      continue;
    }
    const Vector32 threshold = hn::LoadU(Tag32(), units.thresholds + u);
    const auto speaks = hn::Gt(c, threshold);
    store16(hn::IfThenElseZero(speaks, c), units.output + u);
    store16(hn::Sub(c, hn::IfThenElseZero(speaks, threshold)), units.memory + u);
  }
}

void all_rounded(const float* in, float scale, size_t count, int16_t* out) {
  const hn::RebindToFloat<Tag32> d;
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto scaled = hn::Mul(hn::LoadU(d, in + i), hn::Set(d, scale));
    const auto inside = hn::Min(hn::Max(scaled, hn::Set(d, -32768.0F)), hn::Set(d, 32767.0F));
    store16(hn::NearestInt(inside), out + i);
  }
}

void all_floats(const int32_t* sums, const float* scales, const float* biases, size_t count, float* out) {
  const hn::RebindToFloat<Tag32> d;
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto sum = hn::ConvertTo(d, hn::LoadU(Tag32(), sums + i));
    hn::StoreU(hn::Add(hn::Mul(sum, hn::LoadU(d, scales + i)), hn::LoadU(d, biases + i)), d, out + i);
  }
}

}  // namespace flashcell::quant::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::quant {

HWY_EXPORT(all_columns);
HWY_EXPORT(all_rescaled);
HWY_EXPORT(all_units);
HWY_EXPORT(all_rounded);
HWY_EXPORT(all_floats);

void multiply_integer_columns(const int8_t* columns, size_t padded, const int16_t* in, const uint32_t* events,
                              size_t event_count, int32_t* out) {
  HWY_DYNAMIC_DISPATCH(all_columns)(columns, padded, in, events, event_count, out);
}
void rescale_sums(const int32_t* sums, const RowScales& scales, size_t count, int16_t* values) {
  HWY_DYNAMIC_DISPATCH(all_rescaled)(sums, scales, count, values);
}
void step_integer_units(const IntegerUnits& units, size_t hidden) {
  HWY_DYNAMIC_DISPATCH(all_units)(units, hidden);
}
void round_to_integers(const float* in, float scale, size_t count, int16_t* out) {
  HWY_DYNAMIC_DISPATCH(all_rounded)(in, scale, count, out);
}
void scale_to_floats(const int32_t* sums, const float* scales, const float* biases, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(all_floats)(sums, scales, biases, count, out);
}

}  // namespace flashcell::quant
#endif
