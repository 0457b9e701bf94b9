// AVX-512 with VNNI: four products of uint8_t and int8_t a lane and instruction.
#include "host/inference/engine/kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

namespace flashcell::host::inference {
namespace {

#include "host/inference/engine/pixel_lines-inl.hpp"
#include "host/inference/engine/plain_layers-inl.hpp"

constexpr int kRun = 4;  // pixels that are packed and stored together
constexpr int kDown = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;

/// Requantization of 16 channels: stored values, not yet clamped.
template <bool kFast>
struct Requantizer;

template <>
struct Requantizer<true> {
  Requantizer(const WeightedLayer& layer, int channel)
      : scale(_mm512_loadu_ps(layer.scale + channel)), offset(_mm512_set1_ps(layer.offset)) {}
  __m512i operator()(__m512i sums) const {
    const __m512 value = _mm512_fmadd_round_ps(_mm512_cvtepi32_ps(sums), scale, offset, kDown);
    return _mm512_cvt_roundps_epi32(value, kDown);
  }
  __m512 scale, offset;
};

/// 64 bits; for multipliers and sums that are never met in practice.
template <>
struct Requantizer<false> {
  Requantizer(const WeightedLayer& l, int c) : layer(l), channel(c) {}
  __m512i operator()(__m512i sums) const {
    alignas(64) int32_t values[kBlock];
    _mm512_store_si512(values, sums);
    for (int i = 0; i < kBlock; ++i) {
      const contract::Requantization scale = layer.exact[channel + i];
      int64_t y = (values[i] * int64_t{scale.multiplier} + (int64_t{1} << (scale.shift - 1))) >> scale.shift;
      y += layer.stored_offset;
      values[i] = static_cast<int32_t>(y < -1 ? -1 : y > 256 ? 256 : y);
    }
    return _mm512_load_si512(values);
  }
  const WeightedLayer& layer;
  int channel;
};

/// Bytes of four vectors, one after the other, clamped.
inline __m512i pack(__m512i a, __m512i b, __m512i c, __m512i d, __m512i low, __m512i high) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes = _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
  return _mm512_min_epu8(_mm512_max_epu8(_mm512_permutexvar_epi32(order, bytes), low), high);
}

/// Where the channels of a block of kVectors * 16 go.
template <int kVectors>
inline void store_pixels(const __m512i (&y)[kVectors][kRun], uint8_t* out, ptrdiff_t step, int count, __m512i low,
                         __m512i high) {
  if constexpr (kVectors == 2) {
    const __m512i first = pack(y[0][0], y[1][0], y[0][1], y[1][1], low, high);
    const __m512i second = pack(y[0][2], y[1][2], y[0][3], y[1][3], low, high);
    const __m256i pixels[kRun] = {_mm512_castsi512_si256(first), _mm512_extracti64x4_epi64(first, 1),
                                  _mm512_castsi512_si256(second), _mm512_extracti64x4_epi64(second, 1)};
    if (count >= 2 * kBlock) {
      for (int i = 0; i < kRun; ++i) _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * step), pixels[i]);
    } else {
      const __mmask32 mask = (1u << count) - 1;
      for (int i = 0; i < kRun; ++i) _mm256_mask_storeu_epi8(out + i * step, mask, pixels[i]);
    }
  } else {
    const __m512i bytes = pack(y[0][0], y[0][1], y[0][2], y[0][3], low, high);
    if (count >= kBlock && step == kBlock) {
      _mm512_storeu_si512(out, bytes);
      return;
    }
    const __m128i pixels[kRun] = {_mm512_castsi512_si128(bytes), _mm512_extracti32x4_epi32(bytes, 1),
                                  _mm512_extracti32x4_epi32(bytes, 2), _mm512_extracti32x4_epi32(bytes, 3)};
    const __mmask16 mask = count >= kBlock ? 0xffff : static_cast<__mmask16>((1u << count) - 1);
    for (int i = 0; i < kRun; ++i) _mm_mask_storeu_epi8(out + i * step, mask, pixels[i]);
  }
}

inline __m512i broadcast(const uint8_t* values) {
  int32_t four;
  memcpy(&four, values, sizeof(four));
  return _mm512_set1_epi32(four);
}

struct Steps {
  ptrdiff_t in_row, in_pixel, out_pixel;
};

/// kVectors * 16 channels of kRuns * 4 pixels.
template <int kVectors, int kRuns, bool kFast>
__attribute__((noinline)) void convolve(const WeightedLayer& layer, int channel, const Steps& steps,
                                        const uint8_t* const* in, uint8_t* const* out) {
  const ptrdiff_t block_bytes = static_cast<ptrdiff_t>(layer.kernel_height) * layer.groups * 4 * kBlock;
  const int8_t* weights = static_cast<const int8_t*>(layer.weights) + channel / kBlock * block_bytes;
  const ptrdiff_t step = steps.in_pixel;
  __m512i sums[kRuns][kVectors][kRun];
  for (int v = 0; v < kVectors; ++v) {
    const __m512i bias = _mm512_loadu_si512(layer.bias + channel + v * kBlock);
    for (int r = 0; r < kRuns; ++r) {
      for (int i = 0; i < kRun; ++i) sums[r][v][i] = bias;
    }
  }
  for (int y = 0; y < layer.kernel_height; ++y) {
    const uint8_t* row[kRuns];
    for (int r = 0; r < kRuns; ++r) row[r] = in[r] + y * steps.in_row;
    for (int group = 0; group < layer.groups; ++group) {
      __m512i weight[kVectors];
      for (int v = 0; v < kVectors; ++v) weight[v] = _mm512_loadu_si512(weights + v * block_bytes);
      weights += 4 * kBlock;
      for (int r = 0; r < kRuns; ++r) {
        for (int i = 0; i < kRun; ++i) {
          const __m512i value = broadcast(row[r] + i * step);
          for (int v = 0; v < kVectors; ++v) {
            sums[r][v][i] = _mm512_dpbusd_epi32(sums[r][v][i], value, weight[v]);
          }
        }
        row[r] += 4;
      }
    }
  }
  const __m512i low = _mm512_set1_epi8(static_cast<char>(layer.low));
  const __m512i high = _mm512_set1_epi8(static_cast<char>(layer.high));
  for (int v = 0; v < kVectors; ++v) {
    const Requantizer<kFast> requantize(layer, channel + v * kBlock);
    for (int r = 0; r < kRuns; ++r) {
      for (int i = 0; i < kRun; ++i) sums[r][v][i] = requantize(sums[r][v][i]);
    }
  }
  for (int r = 0; r < kRuns; ++r) {
    store_pixels<kVectors>(sums[r], out[r] + channel, steps.out_pixel, layer.channels - channel, low, high);
  }
}

template <int kVectors, int kMost, bool kFast>
void convolve_channels(const WeightedLayer& layer, int channel, const PixelLines& lines, const Steps& steps,
                       const uint8_t* in, uint8_t* out) {
  for_each_run<kMost, kRun>(lines, in, out, [&](const uint8_t* const* from, uint8_t* const* to, int count) {
    if (count == kMost) return convolve<kVectors, kMost, kFast>(layer, channel, steps, from, to);
    for (int i = 0; i < count; ++i) convolve<kVectors, 1, kFast>(layer, channel, steps, from + i, to + i);
  });
}

template <bool kFast>
void convolve_layer(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  const PixelLines lines = pixel_lines(layer, in, out, items);
  // A line that is shorter than a run: pixels one by one, four times the same.
  const bool narrow = lines.length < kRun;
  const Steps steps = {in.row_bytes, narrow ? 0 : lines.in_step, narrow ? 0 : lines.out_step};
  PixelLines runs = lines;
  if (narrow) {
    runs.columns *= lines.length;
    runs.in_column = lines.in_step;
    runs.out_column = lines.out_step;
    runs.length = 1;
  }
  const uint8_t* first = in.first - layer.pad_top * in.row_bytes - layer.pad_left * in.channels;
  int channel = 0;
  for (; channel + kBlock < layer.channels; channel += 2 * kBlock) {
    convolve_channels<2, 3, kFast>(layer, channel, runs, steps, first, out.first);
  }
  if (channel < layer.channels) convolve_channels<1, 6, kFast>(layer, channel, runs, steps, first, out.first);
}

void convolution(const WeightedLayer& layer, const Map& in, const Map& out, int items, uint16_t*) {
  layer.fast ? convolve_layer<true>(layer, in, out, items) : convolve_layer<false>(layer, in, out, items);
}

/// 16 channels of two taps as pairs of 16-bit values.
inline __m512i interleave(const uint8_t* a, const uint8_t* b) {
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a));
  const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b));
  const __m256i pairs = _mm256_set_m128i(_mm_unpackhi_epi8(first, second), _mm_unpacklo_epi8(first, second));
  return _mm512_cvtepu8_epi16(pairs);
}

template <bool kFast>
void depthwise_pixels(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  constexpr int kMostTaps = contract::kMaxKernelSide * contract::kMaxKernelSide + 1;
  const int taps = layer.kernel_height * layer.kernel_width;
  ptrdiff_t offsets[kMostTaps];
  for (int tap = 0; tap < taps; ++tap) {
    offsets[tap] = tap / layer.kernel_width * in.row_bytes + tap % layer.kernel_width * in.channels;
  }
  offsets[taps] = 0;  // beside the last tap of an odd number; its weight is 0
  const PixelLines lines = pixel_lines(layer, in, out, items);
  const uint8_t* first = in.first - layer.pad_top * in.row_bytes - layer.pad_left * in.channels;
  const __m128i low = _mm_set1_epi8(static_cast<char>(layer.low));
  const __m128i high = _mm_set1_epi8(static_cast<char>(layer.high));
  for (int channel = 0; channel < layer.channels; channel += kBlock) {
    const int16_t* weights =
        static_cast<const int16_t*>(layer.weights) + static_cast<ptrdiff_t>(channel) * 2 * layer.groups;
    const int count = layer.channels - channel;
    const __mmask16 mask = count >= kBlock ? 0xffff : static_cast<__mmask16>((1u << count) - 1);
    const __m512i bias = _mm512_loadu_si512(layer.bias + channel);
    const Requantizer<kFast> requantize(layer, channel);
    for_each_run<1, 1>(
        lines, first + channel, out.first + channel, [&](const uint8_t* const* from, uint8_t* const* to, int) {
          __m512i sums = bias;
          for (int pair = 0; pair < layer.groups; ++pair) {
            const __m512i values = interleave(from[0] + offsets[2 * pair], from[0] + offsets[2 * pair + 1]);
            sums = _mm512_dpwssd_epi32(sums, values, _mm512_loadu_si512(weights + pair * 2 * kBlock));
          }
          const __m512i y = _mm512_max_epi32(requantize(sums), _mm512_setzero_si512());
          const __m128i bytes = _mm512_cvtusepi32_epi8(y);
          _mm_mask_storeu_epi8(to[0], mask, _mm_min_epu8(_mm_max_epu8(bytes, low), high));
        });
  }
}

void depthwise(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  layer.fast ? depthwise_pixels<true>(layer, in, out, items) : depthwise_pixels<false>(layer, in, out, items);
}

/// R of a difference d of two bytes by halves of products: d * 2^7 * multiplier = 2^16 high + low, so that
/// R(d) = floor((d * multiplier + 2^(shift-1)) / 2^shift) is high, rounded by the low half's first bit where shift is
/// 9, else floor((high + 2^(shift-10)) / 2^(shift-9)).
struct Term {
  static bool fits(contract::Requantization scale) { return scale.shift >= 9 && scale.shift <= 16; }

  Term(contract::Requantization scale, int stored_zero)
      : zero(_mm512_set1_epi16(static_cast<int16_t>(stored_zero))),
        multiplier(_mm512_set1_epi16(static_cast<int16_t>(scale.multiplier))),
        half(_mm512_set1_epi16(static_cast<int16_t>(scale.shift > 9 ? 1 << (scale.shift - 10) : 0))),
        shift(_mm_cvtsi32_si128(scale.shift - 9)),
        whole(scale.shift == 9) {}

  __m512i operator()(__m256i bytes) const {
    const __m512i d = _mm512_slli_epi16(_mm512_sub_epi16(_mm512_cvtepu8_epi16(bytes), zero), 7);
    // The multiplier is 2^15 or more: as a signed number it is 2^16 too small.
    const __m512i high = _mm512_add_epi16(_mm512_mulhi_epi16(d, multiplier), d);
    if (whole) return _mm512_add_epi16(high, _mm512_srli_epi16(_mm512_mullo_epi16(d, multiplier), 15));
    return _mm512_sra_epi16(_mm512_add_epi16(high, half), shift);
  }

  __m512i zero, multiplier, half;
  __m128i shift;
  bool whole;
};

/// Sums in 16 bits. One that does not fit is beyond every clamp, so it may saturate.
void add_terms(const AddLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  constexpr int kTogether = 32;
  const Term term_a(layer.scale[0], layer.zero[0]), term_b(layer.scale[1], layer.zero[1]);
  const __m512i half =
      _mm512_set1_epi16(static_cast<int16_t>(layer.fraction_bits == 0 ? 0 : 1 << (layer.fraction_bits - 1)));
  const __m512i zero = _mm512_set1_epi16(static_cast<int16_t>(layer.stored_zero));
  const __m512i low = _mm512_set1_epi16(static_cast<int16_t>(layer.low)),
                high = _mm512_set1_epi16(static_cast<int16_t>(layer.high));
  const __m128i fraction = _mm_cvtsi32_si128(layer.fraction_bits);
  const int values = out.width * out.channels;
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < out.height; ++row) {
      const uint8_t* from_a = a.first + item * a.item_bytes + row * a.row_bytes;
      const uint8_t* from_b = b.first + item * b.item_bytes + row * b.row_bytes;
      uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes;
      for (int i = 0; i < values; i += kTogether) {
        const int left = values - i;
        const __mmask32 mask = left >= kTogether ? ~0u : (1u << left) - 1;
        const __m512i sum = _mm512_adds_epi16(term_a(_mm256_maskz_loadu_epi8(mask, from_a + i)),
                                              term_b(_mm256_maskz_loadu_epi8(mask, from_b + i)));
        const __m512i y = _mm512_adds_epi16(_mm512_sra_epi16(_mm512_adds_epi16(sum, half), fraction), zero);
        _mm256_mask_storeu_epi8(to + i, mask, _mm512_cvtepi16_epi8(_mm512_min_epi16(_mm512_max_epi16(y, low), high)));
      }
    }
  }
}

void add_values(const AddLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  constexpr int kMostFraction = 7;  // beyond, a saturated sum could lie inside of the clamp
  const bool short_terms =
      Term::fits(layer.scale[0]) && Term::fits(layer.scale[1]) && layer.fraction_bits <= kMostFraction;
  short_terms ? add_terms(layer, a, b, out, items) : add(layer, a, b, out, items);
}

}  // namespace

const Kernels& avx512_vnni_kernels() {
  static const Kernels kernels = {4, false, convolution, depthwise, max_pool, average_pool, add_values, copy, upsample};
  return kernels;
}

}  // namespace flashcell::host::inference
#endif
