// Softmax and tables on AVX-512 without VBMI: permutations of 16-bit numbers.
#include "host/inference/engine/avx512/rows.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace flashcell::host::inference::avx512 {
namespace {

#include "host/inference/engine/pixels-inl.hpp"

/// 256 bytes, looked up in pairs.
struct ByteTable {
  explicit ByteTable(const uint8_t* bytes) {
    for (int i = 0; i < 4; ++i) part[i] = _mm512_loadu_si512(bytes + 64 * i);
  }
  __m512i operator()(__m512i index) const {
    const __m512i zero = _mm512_setzero_si512();
    return _mm512_packus_epi16(words(_mm512_unpacklo_epi8(index, zero)), words(_mm512_unpackhi_epi8(index, zero)));
  }
  __m512i words(__m512i index) const {
    const __m512i word = _mm512_srli_epi16(index, 1);
    const __mmask32 upper = _mm512_test_epi16_mask(index, _mm512_set1_epi16(128));
    const __m512i pair = _mm512_mask_blend_epi16(upper, _mm512_permutex2var_epi16(part[0], word, part[1]),
                                                 _mm512_permutex2var_epi16(part[2], word, part[3]));
    const __m512i shift = _mm512_slli_epi16(_mm512_and_si512(index, _mm512_set1_epi16(1)), 3);
    return _mm512_and_si512(_mm512_srlv_epi16(pair, shift), _mm512_set1_epi16(255));
  }
  __m512i part[4];
};

/// 256 numbers of 16 bits.
struct WordTable {
  WordTable() = default;
  explicit WordTable(const uint16_t* numbers) {
    for (int i = 0; i < 8; ++i) part[i] = _mm512_loadu_si512(numbers + 32 * i);
  }
  __m512i operator()(__m512i index) const {
    const __mmask32 second = _mm512_test_epi16_mask(index, _mm512_set1_epi16(64));
    const __mmask32 upper = _mm512_test_epi16_mask(index, _mm512_set1_epi16(128));
    const __m512i low = _mm512_mask_blend_epi16(second, _mm512_permutex2var_epi16(part[0], index, part[1]),
                                                _mm512_permutex2var_epi16(part[2], index, part[3]));
    const __m512i high = _mm512_mask_blend_epi16(second, _mm512_permutex2var_epi16(part[4], index, part[5]),
                                                 _mm512_permutex2var_epi16(part[6], index, part[7]));
    return _mm512_mask_blend_epi16(upper, low, high);
  }
  __m512i part[8];
};

/// 256 numbers by their halves.
struct NumberTable {
  explicit NumberTable(const uint32_t* numbers) {
    alignas(64) uint16_t halves[256];
    for (int i = 0; i < 256; ++i) halves[i] = static_cast<uint16_t>(numbers[i]);
    low = WordTable(halves);
    for (int i = 0; i < 256; ++i) halves[i] = static_cast<uint16_t>(numbers[i] >> 16);
    high = WordTable(halves);
  }
  void operator()(__m512i index, __m512i (&to)[4]) const {
    const __m512i zero = _mm512_setzero_si512();
    const __m512i front = _mm512_unpacklo_epi8(index, zero), back = _mm512_unpackhi_epi8(index, zero);
    const __m512i front_low = low(front), front_high = high(front), back_low = low(back), back_high = high(back);
    to[0] = _mm512_unpacklo_epi16(front_low, front_high);
    to[1] = _mm512_unpackhi_epi16(front_low, front_high);
    to[2] = _mm512_unpacklo_epi16(back_low, back_high);
    to[3] = _mm512_unpackhi_epi16(back_low, back_high);
  }
  WordTable low, high;
};

#include "host/inference/engine/avx512/lookup-inl.hpp"

}  // namespace

void softmax(const SoftmaxLayer& layer, const Map& in, const Map& out, int items) {
  softmax_rows(layer, in, out, items);
}
void table(const TableLayer& layer, const Map& in, const Map& out, int items) {
  look_up_rows(layer, in, out, items);
}

}  // namespace flashcell::host::inference::avx512
#endif
