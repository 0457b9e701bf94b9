// Additions and concatenations on AVX-512: 16 bits a value.
#include "host/inference/engine/avx512/layers.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace flashcell::host::inference::avx512 {
namespace {

namespace plain {
#include "host/inference/engine/plain_layers-inl.hpp"
}

constexpr int kTogether = 32;

inline __mmask32 first_bytes(int count) {
  return count >= kTogether ? ~0u : (1u << count) - 1;
}

/// R of a difference d of two bytes by halves of products: d * 2^p * multiplier = 2^16 high + low, so that
/// R(d) = floor((d * multiplier + 2^(shift-1)) / 2^shift) is high, rounded by the low half's first bit where shift is
/// 16 - p, else floor((high + 2^(shift+p-17)) / 2^(shift+p-16)). p is as large as 16 bits allow. From shift 25 on the
/// result is 0.
struct Term {
  static bool fits(contract::Requantization scale) { return scale.shift >= 9; }

  Term(contract::Requantization scale, int stored_zero)
      : zero(_mm512_set1_epi16(static_cast<int16_t>(stored_zero))),
        multiplier(_mm512_set1_epi16(static_cast<int16_t>(scale.multiplier))),
        whole(scale.shift == 9) {
    const int power = scale.shift <= 16 ? 7 : 6;
    const int after = (scale.shift < 25 ? scale.shift : 25) + power - 16;
    before = _mm_cvtsi32_si128(power);
    shift = _mm_cvtsi32_si128(after);
    half = _mm512_set1_epi16(static_cast<int16_t>(after > 0 ? 1 << (after - 1) : 0));
  }

  __m512i operator()(__m256i bytes) const {
    const __m512i d = _mm512_sll_epi16(_mm512_sub_epi16(_mm512_cvtepu8_epi16(bytes), zero), before);
    // The multiplier is 2^15 or more: as a signed number it is 2^16 too small.
    const __m512i high = _mm512_add_epi16(_mm512_mulhi_epi16(d, multiplier), d);
    if (whole) return _mm512_add_epi16(high, _mm512_srli_epi16(_mm512_mullo_epi16(d, multiplier), 15));
    return _mm512_sra_epi16(_mm512_add_epi16(high, half), shift);
  }

  __m512i zero, multiplier, half;
  __m128i before, shift;
  bool whole;
};

/// From 16-bit values beside the output's zero point to bytes.
struct Store {
  Store(int stored_zero, int least, int most)
      : zero(_mm512_set1_epi16(static_cast<int16_t>(stored_zero))),
        low(_mm512_set1_epi16(static_cast<int16_t>(least))),
        high(_mm512_set1_epi16(static_cast<int16_t>(most))) {}
  void operator()(uint8_t* to, __mmask32 mask, __m512i values) const {
    const __m512i y = _mm512_adds_epi16(values, zero);
    _mm256_mask_storeu_epi8(to, mask, _mm512_cvtepi16_epi8(_mm512_min_epi16(_mm512_max_epi16(y, low), high)));
  }
  __m512i zero, low, high;
};

/// Sums in 16 bits. One that does not fit is beyond every clamp, so it may saturate.
void add_terms(const AddLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  const Term term_a(layer.scale[0], layer.zero[0]), term_b(layer.scale[1], layer.zero[1]);
  const Store store(layer.stored_zero, layer.low, layer.high);
  const __m512i half =
      _mm512_set1_epi16(static_cast<int16_t>(layer.fraction_bits == 0 ? 0 : 1 << (layer.fraction_bits - 1)));
  const __m128i fraction = _mm_cvtsi32_si128(layer.fraction_bits);
  const int values = out.width * out.channels;
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < out.height; ++row) {
      const uint8_t* from_a = a.first + item * a.item_bytes + row * a.row_bytes;
      const uint8_t* from_b = b.first + item * b.item_bytes + row * b.row_bytes;
      uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes;
      for (int i = 0; i < values; i += kTogether) {
        const __mmask32 mask = first_bytes(values - i);
        const __m512i sum = _mm512_adds_epi16(term_a(_mm256_maskz_loadu_epi8(mask, from_a + i)),
                                              term_b(_mm256_maskz_loadu_epi8(mask, from_b + i)));
        store(to + i, mask, _mm512_sra_epi16(_mm512_adds_epi16(sum, half), fraction));
      }
    }
  }
}

void copy_terms(const CopyLayer& layer, const Map& in, const Map& out, int items) {
  const Term term(layer.scale, layer.zero);
  const Store store(layer.stored_zero, layer.low, layer.high);
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < in.height; ++row) {
      const uint8_t* from = in.first + item * in.item_bytes + row * in.row_bytes;
      uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes + layer.first_channel;
      for (int column = 0; column < in.width; ++column, from += in.channels, to += out.channels) {
        for (int c = 0; c < in.channels; c += kTogether) {
          const __mmask32 mask = first_bytes(in.channels - c);
          store(to + c, mask, term(_mm256_maskz_loadu_epi8(mask, from + c)));
        }
      }
    }
  }
}

}  // namespace

void add(const AddLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  constexpr int kMostFraction = 7;  // beyond, a saturated sum could lie inside of the clamp
  const bool short_terms =
      Term::fits(layer.scale[0]) && Term::fits(layer.scale[1]) && layer.fraction_bits <= kMostFraction;
  short_terms ? add_terms(layer, a, b, out, items) : plain::add(layer, a, b, out, items);
}

void copy(const CopyLayer& layer, const Map& in, const Map& out, int items) {
  !layer.identity&& Term::fits(layer.scale) ? copy_terms(layer, in, out, items) : plain::copy(layer, in, out, items);
}

}  // namespace flashcell::host::inference::avx512
#endif
