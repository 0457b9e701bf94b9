// Compiled for AVX2.
#if defined(__x86_64__)
#include <immintrin.h>

#include "host/inference/resample/line_kernels.hpp"

namespace flashcell::host::inference {
namespace {

namespace plain {
#include "host/inference/resample/plain_lines-inl.hpp"
}

constexpr int kLanes = 16;  // values of a line that are blended together

/// Sums of 16 values in 32 bits. Unpacking and packing both work within 128 bits, so the second undoes the first one's
/// order.
struct Sums {
  __m256i low = _mm256_set1_epi32(1 << (13 - kLineBits)), high = low;

  void add(const uint8_t* a, const uint8_t* b, const int16_t* weights) {
    int32_t both;
    __builtin_memcpy(&both, weights, sizeof(both));
    const __m256i weight = _mm256_set1_epi32(both);
    const __m256i wide_a = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)));
    const __m256i wide_b = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(wide_a, wide_b), weight));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(wide_a, wide_b), weight));
  }

  void store(int16_t* out) const {
    const __m256i values =
        _mm256_packs_epi32(_mm256_srai_epi32(low, 14 - kLineBits), _mm256_srai_epi32(high, 14 - kLineBits));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), values);
  }
};

/// Where the block that would begin at `begin` does: the last one overlaps the one before it instead of reaching
/// beyond the line.
int block_at(int begin, int width, int lanes) {
  return begin + lanes <= width || width < lanes ? begin : width - lanes;
}

void blend(const uint8_t* const* lines, const int16_t* weights, int count, int width, int16_t* out) {
  if (width < kLanes) return plain::blend(lines, weights, count, width, out);
  for (int begin = 0; begin < width; begin += kLanes) {
    const int x = block_at(begin, width, kLanes);
    Sums sums;
    for (int k = 0; k < count; k += 2) sums.add(lines[k] + x, lines[k + 1] + x, weights + k);
    sums.store(out + x);
  }
}

void gather(const int16_t* line, int width, const int16_t* indices, const int16_t* weights, int pairs, int outputs,
            uint8_t* out) {
  constexpr int kOutputs = 8;
  if (outputs < kOutputs) return plain::gather(line, width, indices, weights, pairs, outputs, out);
  for (int begin = 0; begin < outputs; begin += kOutputs) {
    const int o = block_at(begin, outputs, kOutputs);
    __m256i sum = _mm256_set1_epi32(1 << (kPixelShift - 1));
    for (int pair = 0; pair < pairs; ++pair) {
      const int at = 2 * (pair * outputs + o);
      // Two neighbouring values are fetched as one number, at the first one's index.
      const __m256i first = _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(indices + at)),
                                             _mm256_set1_epi32(0xffff));
      const __m256i values = _mm256_i32gather_epi32(reinterpret_cast<const int*>(line), first, 2);
      const __m256i weight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights + at));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(values, weight));
    }
    sum = _mm256_srai_epi32(sum, kPixelShift);
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + o), _mm_packus_epi16(words, words));
  }
}

void small(const SmallPicture& from, uint8_t* out) {
  // Surplus taps reach as far beyond the last value as there are values.
  alignas(32) int16_t line[2 * kSmallWidth + kLanes] = {};
  const int last = from.height - 1;
  for (int row = 0; row < from.rows; ++row, out += from.outputs) {
    for (int begin = 0; begin < from.width; begin += kLanes) {
      const uint8_t* pixels = from.pixels + block_at(begin, from.width, kLanes);
      const int16_t* weights = from.row_weights + 2 * row;
      Sums sums;
      for (int pair = 0; pair < from.row_pairs; ++pair, weights += 2 * from.rows) {
        // Rows below the region weigh nothing.
        const int first = from.first_row[row] + 2 * pair, second = first + 1;
        sums.add(pixels + (first < last ? first : last) * from.stride,
                 pixels + (second < last ? second : last) * from.stride, weights);
      }
      sums.store(line + (pixels - from.pixels));
    }
    gather(line, from.width, from.indices, from.weights, from.pairs, from.outputs, out);
  }
}

}  // namespace

const LineKernels& avx2_line_kernels() {
  static constexpr LineKernels kernels = {blend, gather, small};
  return kernels;
}

}  // namespace flashcell::host::inference
#endif
