// Compiled for AVX-512 (F, BW, VL).
#if defined(__x86_64__)
#include <immintrin.h>

#include "host/cnn/resample/line_kernels.hpp"

namespace flashcell::host::cnn {
namespace {

namespace plain {
#include "host/cnn/resample/plain_lines-inl.hpp"
}

/// The lowest `count` of 32 lanes.
__mmask32 first_lanes(int count) {
  return count >= 32 ? ~__mmask32{0} : (__mmask32{1} << count) - 1;
}

void blend(const uint8_t* const* lines, const int16_t* weights, int count, int width, int16_t* out) {
  const __m512i half = _mm512_set1_epi32(1 << (13 - kLineBits));
  for (int begin = 0; begin < width; begin += 32) {
    const __mmask32 lanes = first_lanes(width - begin);
    // Unpacking and packing both work within 128 bits, so the second undoes the first one's order.
    __m512i low = half, high = half;
    for (int k = 0; k < count; k += 2) {
      int32_t pair;
      __builtin_memcpy(&pair, weights + k, sizeof(pair));
      const __m512i weight = _mm512_set1_epi32(pair);
      const __m512i a = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(lanes, lines[k] + begin));
      const __m512i b = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(lanes, lines[k + 1] + begin));
      low = _mm512_add_epi32(low, _mm512_madd_epi16(_mm512_unpacklo_epi16(a, b), weight));
      high = _mm512_add_epi32(high, _mm512_madd_epi16(_mm512_unpackhi_epi16(a, b), weight));
    }
    const __m512i sums =
        _mm512_packs_epi32(_mm512_srai_epi32(low, 14 - kLineBits), _mm512_srai_epi32(high, 14 - kLineBits));
    _mm512_mask_storeu_epi16(out + begin, lanes, sums);
  }
}

void gather(const int16_t* line, int width, const int16_t* indices, const int16_t* weights, int pairs, int outputs,
            uint8_t* out) {
  constexpr int kTable = 64;  // values that one permutation reaches
  if (width > kTable) return plain::gather(line, width, indices, weights, pairs, outputs, out);
  // Indices beyond 63 wrap around: their weights are 0.
  const __m512i low = _mm512_loadu_si512(line), high = _mm512_loadu_si512(line + 32);
  for (int o = 0; o < outputs; o += 16) {
    const int count = outputs - o < 16 ? outputs - o : 16;
    const __mmask16 lanes = static_cast<__mmask16>((1u << count) - 1);
    __m512i sum = _mm512_set1_epi32(1 << (kPixelShift - 1));
    for (int pair = 0; pair < pairs; ++pair) {
      const int at = 2 * (pair * outputs + o);
      const __m512i index = _mm512_maskz_loadu_epi32(lanes, indices + at);
      const __m512i weight = _mm512_maskz_loadu_epi32(lanes, weights + at);
      sum = _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_permutex2var_epi16(low, index, high), weight));
    }
    _mm512_mask_cvtepi32_storeu_epi8(out + o, lanes, _mm512_srai_epi32(sum, kPixelShift));
  }
}

}  // namespace

const LineKernels& avx512_line_kernels() {
  static constexpr LineKernels kernels = {blend, gather};
  return kernels;
}

}  // namespace flashcell::host::cnn
#endif
