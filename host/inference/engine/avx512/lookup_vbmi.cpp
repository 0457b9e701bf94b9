// Softmax and tables on AVX-512 with VBMI: permutations of bytes.
#include "host/inference/engine/avx512/rows.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace flashcell::host::inference::avx512 {
namespace {

#include "host/inference/engine/pixels-inl.hpp"

/// 256 bytes.
struct ByteTable {
  ByteTable() = default;
  explicit ByteTable(const uint8_t* bytes) {
    for (int i = 0; i < 4; ++i) part[i] = _mm512_loadu_si512(bytes + 64 * i);
  }
  __m512i operator()(__m512i index) const {
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), _mm512_permutex2var_epi8(part[0], index, part[1]),
                                  _mm512_permutex2var_epi8(part[2], index, part[3]));
  }
  __m512i part[4];
};

/// 256 numbers by their four bytes.
struct NumberTable {
  explicit NumberTable(const uint32_t* numbers) {
    for (int byte = 0; byte < 4; ++byte) {
      alignas(64) uint8_t bytes[256];
      for (int i = 0; i < 256; ++i) bytes[i] = static_cast<uint8_t>(numbers[i] >> (8 * byte));
      of_byte[byte] = ByteTable(bytes);
    }
  }
  void operator()(__m512i index, __m512i (&to)[4]) const {
    const __m512i a = of_byte[0](index), b = of_byte[1](index), c = of_byte[2](index), d = of_byte[3](index);
    const __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
    const __m512i cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);
    to[0] = _mm512_unpacklo_epi16(ab_low, cd_low);
    to[1] = _mm512_unpackhi_epi16(ab_low, cd_low);
    to[2] = _mm512_unpacklo_epi16(ab_high, cd_high);
    to[3] = _mm512_unpackhi_epi16(ab_high, cd_high);
  }
  ByteTable of_byte[4];
};

#include "host/inference/engine/avx512/lookup-inl.hpp"

}  // namespace

void softmax_vbmi(const SoftmaxLayer& layer, const Map& in, const Map& out, int items) {
  softmax_rows(layer, in, out, items);
}
void table_vbmi(const TableLayer& layer, const Map& in, const Map& out, int items) {
  look_up_rows(layer, in, out, items);
}

}  // namespace flashcell::host::inference::avx512
#endif
