// Sums of values of any type and products of values on AVX-512, in doubles.
#include "host/inference/engine/avx512/rows.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace flashcell::host::inference::avx512 {
namespace {

#include "host/inference/engine/avx512/values-inl.hpp"

/// Where the second input's numbers for a pixel are.
inline const uint8_t* second_pixel(const PairLayer& layer, const Map& b, int item, int row, int column) {
  const uint8_t* first = b.first + item * b.item_bytes;
  return layer.one_pixel ? first : first + row * b.row_bytes + static_cast<ptrdiff_t>(column) * b.channels;
}

template <ValueType kType>
inline __m512i load_second(const PairLayer& layer, const uint8_t* from, int channel, __mmask16 mask) {
  if (!layer.one_channel) return load_values<kType>(from, channel, mask);
  return _mm512_broadcastd_epi32(_mm512_castsi512_si128(load_values<kType>(from, 0, 1)));
}

/// In floats, 16 at a time.
struct Floats {
  using Number = __m512;
  explicit Floats(const PairLayer& layer) : low(_mm512_set1_epi32(layer.low)), high(_mm512_set1_epi32(layer.high)) {}
  template <class Combine>
  __m512i operator()(__m512i x, __m512i y, const Combine& combine) const {
    const __m512 z = combine(_mm512_cvtepi32_ps(x), _mm512_cvtepi32_ps(y));
    return _mm512_min_epi32(_mm512_max_epi32(_mm512_cvt_roundps_epi32(z, kDown), low), high);
  }
  static __m512 all(double value) { return _mm512_set1_ps(static_cast<float>(value)); }
  static __m512 scaled(__m512 x, __m512 scale, __m512 offset) { return _mm512_fmadd_round_ps(x, scale, offset, kDown); }
  static __m512 floor(__m512 x) { return _mm512_roundscale_ps(x, kDown); }
  static __m512 add(__m512 x, __m512 y) { return _mm512_add_ps(x, y); }
  static __m512 multiply(__m512 x, __m512 y) { return _mm512_mul_ps(x, y); }
  __m512i low, high;
};

/// The same in doubles, which are exact always.
struct PairOfDoubles {
  using Number = __m512d;
  explicit PairOfDoubles(const PairLayer& layer) : clamp(layer.low, layer.high) {}
  template <class Combine>
  __m512i operator()(__m512i x, __m512i y, const Combine& combine) const {
    const Doubles p = to_doubles(x), q = to_doubles(y);
    return clamp({combine(p.low, q.low), combine(p.high, q.high)});
  }
  static __m512d all(double value) { return _mm512_set1_pd(value); }
  static __m512d scaled(__m512d x, __m512d scale, __m512d offset) {
    return _mm512_fmadd_round_pd(x, scale, offset, kDown);
  }
  static __m512d floor(__m512d x) { return floor_of(x); }
  static __m512d add(__m512d x, __m512d y) { return _mm512_add_pd(x, y); }
  static __m512d multiply(__m512d x, __m512d y) { return _mm512_mul_pd(x, y); }
  DoubleClamp clamp;
};

/// Stores combine(x, y), of the two inputs' distances to their zero points, for every number.
template <ValueType kFirst, ValueType kSecond, ValueType kOut, class Arithmetic, class Combine>
void for_each_pair(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items, Combine combine) {
  const __m512i first_zero = _mm512_set1_epi32(layer.zero[0]), second_zero = _mm512_set1_epi32(layer.zero[1]);
  const Arithmetic arithmetic(layer);
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < out.height; ++row) {
      const uint8_t* x = a.first + item * a.item_bytes + row * a.row_bytes;
      uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes;
      for (int column = 0; column < out.width; ++column, x += a.channels, to += out.channels) {
        const uint8_t* y = second_pixel(layer, b, item, row, column);
        for (int c = 0; c < layer.channels; c += kSixteen) {
          const __mmask16 mask = first_of_16(layer.channels - c);
          const __m512i p = _mm512_sub_epi32(load_values<kFirst>(x, c, mask), first_zero);
          const __m512i q = _mm512_sub_epi32(load_second<kSecond>(layer, y, c, mask), second_zero);
          store_values<kOut>(to, c, mask, arithmetic(p, q, combine));
        }
      }
    }
  }
}

template <class Arithmetic, class Combine>
void for_each_type(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items, Combine combine) {
  with_type(layer.in[0], [&](auto first) {
    with_type(layer.in[1], [&](auto second) {
      with_type(layer.out, [&](auto to) {
        for_each_pair<first.value, second.value, to.value, Arithmetic>(layer, a, b, out, items, combine);
      });
    });
  });
}

template <class A>
void add_in(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  using Number = typename A::Number;
  const Number first_scale = A::all(layer.scale[0]), second_scale = A::all(layer.scale[1]), rounding = A::all(0.5);
  const Number half = A::all(layer.half), step = A::all(layer.step), zero = A::all(layer.stored_zero);
  for_each_type<A>(layer, a, b, out, items, [=](Number x, Number y) {
    const Number first = A::floor(A::scaled(x, first_scale, rounding));
    const Number second = A::floor(A::scaled(y, second_scale, rounding));
    return A::scaled(A::add(A::add(first, second), half), step, zero);
  });
}

template <class A>
void multiply_in(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  using Number = typename A::Number;
  const Number scale = A::all(layer.scale[0]), offset = A::all(layer.stored_zero + 0.5);
  for_each_type<A>(layer, a, b, out, items,
                   [=](Number x, Number y) { return A::scaled(A::multiply(x, y), scale, offset); });
}

}  // namespace

void add_pair(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  layer.floats ? add_in<Floats>(layer, a, b, out, items) : add_in<PairOfDoubles>(layer, a, b, out, items);
}

void multiply_pair(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  layer.floats ? multiply_in<Floats>(layer, a, b, out, items) : multiply_in<PairOfDoubles>(layer, a, b, out, items);
}

}  // namespace flashcell::host::inference::avx512
#endif
