// Compiled for AVX-512 (F, BW, VL).
#if defined(__x86_64__)
#include <immintrin.h>

#include "host/inference/resample/line_kernels.hpp"

namespace flashcell::host::inference {
namespace {

namespace plain {
#include "host/inference/resample/plain_lines-inl.hpp"
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

/// 16 output pixels from up to 64 values in two registers. Indices count from the first of these values; larger ones
/// wrap around: their weights are 0.
__m512i mix_16(__m512i low, __m512i high, __m512i first, const int16_t* indices, const int16_t* weights, int pairs,
               int outputs, __mmask16 lanes) {
  __m512i sum = _mm512_set1_epi32(1 << (kPixelShift - 1));
  for (int pair = 0; pair < pairs; ++pair, indices += 2 * outputs, weights += 2 * outputs) {
    const __m512i index = _mm512_sub_epi16(_mm512_maskz_loadu_epi32(lanes, indices), first);
    const __m512i weight = _mm512_maskz_loadu_epi32(lanes, weights);
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_permutex2var_epi16(low, index, high), weight));
  }
  return _mm512_srai_epi32(sum, kPixelShift);
}

void gather(const int16_t* line, int width, const int16_t* indices, const int16_t* weights, int pairs, int outputs,
            uint8_t* out) {
  constexpr int kReach = 64;  // values that one permutation chooses from
  for (int o = 0; o < outputs; o += 16) {
    const int count = outputs - o < 16 ? outputs - o : 16;
    const int first = indices[2 * o], last = indices[2 * (o + count - 1)] + 2 * pairs - 1;
    if (last - first >= kReach) return plain::gather(line, width, indices, weights, pairs, outputs, out);
    const auto lanes = static_cast<__mmask16>((1u << count) - 1);
    const __m512i sums =
        mix_16(_mm512_loadu_si512(line + first), _mm512_loadu_si512(line + first + 32),
               _mm512_set1_epi16(static_cast<int16_t>(first)), indices + 2 * o, weights + 2 * o, pairs, outputs, lanes);
    _mm512_mask_cvtepi32_storeu_epi8(out + o, lanes, sums);
  }
}

/// 32 values of a line: the weighted sum of region rows.
__m512i blend_32(const SmallPicture& from, int row, int begin, __mmask32 lanes) {
  __m512i low = _mm512_set1_epi32(1 << (13 - kLineBits)), high = low;
  const int16_t* weights = from.row_weights + 2 * row;
  for (int pair = 0; pair < from.row_pairs; ++pair, weights += 2 * from.rows) {
    // Rows below the region weigh nothing.
    const int first = from.first_row[row] + 2 * pair, last = from.height - 1;
    const uint8_t* a = from.pixels + (first < last ? first : last) * from.stride + begin;
    const uint8_t* b = from.pixels + (first + 1 < last ? first + 1 : last) * from.stride + begin;
    int32_t both;
    __builtin_memcpy(&both, weights, sizeof(both));
    const __m512i weight = _mm512_set1_epi32(both);
    const __m512i wide_a = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(lanes, a));
    const __m512i wide_b = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(lanes, b));
    low = _mm512_add_epi32(low, _mm512_madd_epi16(_mm512_unpacklo_epi16(wide_a, wide_b), weight));
    high = _mm512_add_epi32(high, _mm512_madd_epi16(_mm512_unpackhi_epi16(wide_a, wide_b), weight));
  }
  return _mm512_packs_epi32(_mm512_srai_epi32(low, 14 - kLineBits), _mm512_srai_epi32(high, 14 - kLineBits));
}

void small(const SmallPicture& from, uint8_t* out) {
  const __mmask32 low_lanes = first_lanes(from.width), high_lanes = first_lanes(from.width > 32 ? from.width - 32 : 0);
  for (int row = 0; row < from.rows; ++row, out += from.outputs) {
    const __m512i low = blend_32(from, row, 0, low_lanes);
    const __m512i high = from.width > 32 ? blend_32(from, row, 32, high_lanes) : _mm512_setzero_si512();
    for (int o = 0; o < from.outputs; o += 16) {
      const int count = from.outputs - o < 16 ? from.outputs - o : 16;
      const auto lanes = static_cast<__mmask16>((1u << count) - 1);
      _mm512_mask_cvtepi32_storeu_epi8(out + o, lanes,
                                       mix_16(low, high, _mm512_setzero_si512(), from.indices + 2 * o,
                                              from.weights + 2 * o, from.pairs, from.outputs, lanes));
    }
  }
}

}  // namespace

const LineKernels& avx512_line_kernels() {
  static constexpr LineKernels kernels = {blend, gather, small};
  return kernels;
}

}  // namespace flashcell::host::inference
#endif
