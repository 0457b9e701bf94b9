// Convolutions and fully connected layers on AVX-512 with VNNI.
#include "host/inference/engine/avx512/layers.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include <utility>

namespace flashcell::host::inference::avx512 {
namespace {

#include "host/inference/engine/avx512/requantize-inl.hpp"
#include "host/inference/engine/pixel_lines-inl.hpp"
#include "host/inference/engine/unroll-inl.hpp"

constexpr int kFour = 4;     // pixels that are packed and stored together
constexpr int kPixels = 12;  // that share what is read of the weights of 32 channels; twice as many for 16

/// Bytes of four vectors, one after the other, clamped.
inline __m512i pack(__m512i a, __m512i b, __m512i c, __m512i d, const ByteClamp& clamp) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return clamp(_mm512_permutexvar_epi32(order, pack_bytes(a, b, c, d)));
}

/// The first `count` of kVectors * 16 channels of four pixels, each at its place.
template <int kVectors>
inline FLASHCELL_INLINE void store_pixels(const __m512i (&y)[kVectors][kFour], uint8_t* const (&out)[kFour], int count,
                                          const ByteClamp& clamp) {
  if constexpr (kVectors == 2) {
    const __m512i first = pack(y[0][0], y[1][0], y[0][1], y[1][1], clamp);
    const __m512i second = pack(y[0][2], y[1][2], y[0][3], y[1][3], clamp);
    const __mmask32 mask = count >= 2 * kBlock ? ~__mmask32{0} : (__mmask32{1} << count) - 1;
    _mm256_mask_storeu_epi8(out[0], mask, _mm512_castsi512_si256(first));
    _mm256_mask_storeu_epi8(out[1], mask, _mm512_extracti64x4_epi64(first, 1));
    _mm256_mask_storeu_epi8(out[2], mask, _mm512_castsi512_si256(second));
    _mm256_mask_storeu_epi8(out[3], mask, _mm512_extracti64x4_epi64(second, 1));
  } else {
    const __m512i bytes = pack(y[0][0], y[0][1], y[0][2], y[0][3], clamp);
    const __mmask16 mask = count >= kBlock ? 0xffff : static_cast<__mmask16>((1u << count) - 1);
    _mm_mask_storeu_epi8(out[0], mask, _mm512_castsi512_si128(bytes));
    _mm_mask_storeu_epi8(out[1], mask, _mm512_extracti32x4_epi32(bytes, 1));
    _mm_mask_storeu_epi8(out[2], mask, _mm512_extracti32x4_epi32(bytes, 2));
    _mm_mask_storeu_epi8(out[3], mask, _mm512_extracti32x4_epi32(bytes, 3));
  }
}

/// The first `count` of 16 channels of one pixel, 16 bits each.
inline FLASHCELL_INLINE void store_words(__m512i y, uint8_t* out, int count, __m512i low, __m512i high) {
  const __mmask16 mask = count >= kBlock ? 0xffff : static_cast<__mmask16>((1u << count) - 1);
  const __m512i clamped = _mm512_min_epi32(_mm512_max_epi32(y, low), high);
  _mm256_mask_storeu_epi16(out, mask, _mm512_cvtepi32_epi16(clamped));
}

inline __m512i broadcast(const uint8_t* values) {
  int32_t four;
  memcpy(&four, values, sizeof(four));
  return _mm512_set1_epi32(four);
}

struct Steps {
  ptrdiff_t in_row, in_run, in_pixel, out_pixel;  // of rows and runs of a window, of pixels
};

/// kVectors * 16 channels of kRuns runs of kRun pixels, which lie steps.in_pixel apart in a run: 4, or 1 for pixels
/// that lie anywhere.
template <int kVectors, int kRuns, int kRun, Rounding kRounding, bool kWords>
__attribute__((noinline)) void convolve(const WeightedLayer& layer, int channel, const Steps& steps,
                                        const uint8_t* const* in, uint8_t* const* out) {
  constexpr int kFours = kRuns * kRun / kFour;
  const ptrdiff_t block_bytes = static_cast<ptrdiff_t>(layer.kernel_height) * layer.runs * layer.groups * 4 * kBlock;
  const int8_t* weights = static_cast<const int8_t*>(layer.weights) + channel / kBlock * block_bytes;
  const ptrdiff_t step = steps.in_pixel;
  __m512i sums[kFours][kVectors][kFour];
  unroll<kVectors>([&](auto v) FLASHCELL_INLINE {
    const __m512i bias = _mm512_loadu_si512(layer.bias + channel + v * kBlock);
    unroll<kFours * kFour>([&](auto i) FLASHCELL_INLINE { sums[i / kFour][v][i % kFour] = bias; });
  });
  for (int y = 0, x = 0; y < layer.kernel_height; x + 1 < layer.runs ? ++x : (x = 0, ++y)) {
    const uint8_t* row[kRuns];
    const ptrdiff_t begin = y * steps.in_row + x * steps.in_run;
    unroll<kRuns>([&](auto r) FLASHCELL_INLINE { row[r] = in[r] + begin; });
    for (ptrdiff_t at = 0; at < 4 * layer.groups; at += 4, weights += 4 * kBlock) {
      __m512i weight[kVectors];
      unroll<kVectors>([&](auto v) FLASHCELL_INLINE {
        weight[v] = _mm512_loadu_si512(weights + v * block_bytes);
        _mm_prefetch(weights + (v + kVectors) * block_bytes, _MM_HINT_T1);
      });
      unroll<kRuns * kRun>([&](auto i) FLASHCELL_INLINE {
        // Twelve addresses are too many for the registers: then one counts for all.
        const __m512i value = broadcast(row[i / kRun] + (kRun == 1 ? at : i % kRun * step));
        unroll<kVectors>([&](auto v) FLASHCELL_INLINE {
          __m512i& sum = sums[i / kFour][v][i % kFour];
          sum = _mm512_dpbusd_epi32(sum, value, weight[v]);
        });
        if constexpr (kRun != 1 && i % kRun == kRun - 1) row[i / kRun] += 4;
      });
    }
  }
  unroll<kVectors>([&](auto v) FLASHCELL_INLINE {
    const Requantizer<kRounding> requantize(layer, channel + v * kBlock);
    unroll<kFours * kFour>(
        [&](auto i) FLASHCELL_INLINE { sums[i / kFour][v][i % kFour] = requantize(sums[i / kFour][v][i % kFour]); });
  });
  const int count = layer.channels - channel;
  if constexpr (kWords) {
    const __m512i low = _mm512_set1_epi32(layer.low), high = _mm512_set1_epi32(layer.high);
    unroll<kFours * kFour>([&](auto i) FLASHCELL_INLINE {
      uint8_t* to = out[i / kRun] + i % kRun * steps.out_pixel + 2 * channel;
      store_words(sums[i / kFour][0][i % kFour], to, count, low, high);
      if (kVectors == 2 && count > kBlock)
        store_words(sums[i / kFour][kVectors - 1][i % kFour], to + 2 * kBlock, count - kBlock, low, high);
    });
  } else {
    const ByteClamp clamp(layer);
    unroll<kFours>([&](auto four) FLASHCELL_INLINE {
      uint8_t* to[kFour];
      unroll<kFour>([&](auto i) FLASHCELL_INLINE {
        constexpr int kPixel = four * kFour + i;
        to[i] = out[kPixel / kRun] + kPixel % kRun * steps.out_pixel + channel;
      });
      store_pixels<kVectors>(sums[four], to, count, clamp);
    });
  }
}

template <int kVectors, int kRun, Rounding kRounding, bool kWords>
void convolve_channels(const WeightedLayer& layer, int channel, const PixelLines& lines, const Steps& steps,
                       const uint8_t* in, uint8_t* out) {
  constexpr int kMost = 2 * kPixels / kVectors / kRun, kLeast = kFour / kRun;
  for_each_run<kMost, kRun>(lines, in, out, [&](const uint8_t** from, uint8_t** to, int count) {
    if (count == kMost) return convolve<kVectors, kMost, kRun, kRounding, kWords>(layer, channel, steps, from, to);
    for (int i = count; i % kLeast != 0; ++i) from[i] = from[0], to[i] = to[0];
    for (int i = 0; i < count; i += kLeast)
      convolve<kVectors, kLeast, kRun, kRounding, kWords>(layer, channel, steps, from + i, to + i);
  });
}

template <int kRun, Rounding kRounding, bool kWords>
void convolve_tile(const WeightedLayer& layer, const PixelLines& lines, const Steps& steps, const uint8_t* in,
                   uint8_t* out) {
  int channel = 0;
  for (; channel + kBlock < layer.channels; channel += 2 * kBlock)
    convolve_channels<2, kRun, kRounding, kWords>(layer, channel, lines, steps, in, out);
  if (channel < layer.channels) convolve_channels<1, kRun, kRounding, kWords>(layer, channel, lines, steps, in, out);
}

/// Whether lines are cut into pixels rather than runs of four: where many of the runs would overlap, and what that
/// costs is more than the addresses of single pixels do.
bool single_pixels(const WeightedLayer& layer, const PixelLines& lines) {
  constexpr int kFewSteps = 48;
  const int whole = (lines.length + kFour - 1) / kFour * kFour;
  return whole * 16 > lines.length * 17 && layer.kernel_height * layer.runs * layer.groups >= kFewSteps;
}

template <Rounding kRounding, bool kWords>
void convolve_layer(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  PixelLines lines = pixel_lines(layer, in, out, items);
  const bool single = single_pixels(layer, lines);
  // A line that is shorter than a run: pixels one by one, four times the same.
  const bool narrow = !single && lines.length < kFour;
  const Steps steps = {layer.dilation_rows * in.row_bytes, static_cast<ptrdiff_t>(layer.dilation_columns) * in.channels,
                       narrow ? 0 : lines.in_step, narrow ? 0 : lines.out_step};
  if (narrow) {
    lines.columns *= lines.length;
    lines.in_column = lines.in_step;
    lines.out_column = lines.out_step;
    lines.length = 1;
  }
  const uint8_t* first = in.first - layer.pad_top * in.row_bytes - layer.pad_left * in.channels;
  const ptrdiff_t weights =
      static_cast<ptrdiff_t>(layer.row_values) * layer.runs * layer.kernel_height * layer.channels;
  const int pixels = pixels_of_tile(layer, weights, in, out, kPixels);
  for_each_tile(lines, pixels, kFour, first, out.first, [&](const PixelLines& tile, const uint8_t* from, uint8_t* to) {
    single ? convolve_tile<1, kRounding, kWords>(layer, tile, steps, from, to)
           : convolve_tile<kFour, kRounding, kWords>(layer, tile, steps, from, to);
  });
}

}  // namespace

void convolution(const WeightedLayer& layer, const Map& in, const Map& out, int items, uint16_t*) {
  with_rounding(layer, [&](auto rounding) {
    if constexpr (rounding.value != Rounding::twice) {
      if (layer.words) return convolve_layer<rounding.value, true>(layer, in, out, items);
    }
    convolve_layer<rounding.value, false>(layer, in, out, items);
  });
}

}  // namespace flashcell::host::inference::avx512
#endif
