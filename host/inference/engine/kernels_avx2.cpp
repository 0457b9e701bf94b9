// AVX2 with FMA: inputs and weights are widened to 16 bits, since the 8-bit multiply-add of this set saturates.
#include "host/inference/engine/kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include <utility>

namespace flashcell::host::inference {
namespace {

#include "host/inference/engine/pack_matrix-inl.hpp"
#include "host/inference/engine/pixel_lines-inl.hpp"
#include "host/inference/engine/plain_layers-inl.hpp"
#include "host/inference/engine/unroll-inl.hpp"

constexpr int kRun = 4;  // pixels of one call
constexpr int kLanes = 8;

/// Floats are rounded down while one of these lives. Functions that compute with floats must not be inlined into the
/// one that makes it.
class RoundDown {
 public:
  RoundDown() : saved_(_mm_getcsr()) { _mm_setcsr((saved_ & ~_MM_ROUND_MASK) | _MM_ROUND_DOWN); }
  ~RoundDown() { _mm_setcsr(saved_); }
  RoundDown(const RoundDown&) = delete;
  RoundDown& operator=(const RoundDown&) = delete;

 private:
  unsigned saved_;
};

/// Sums to stored values, once more for the concatenation behind the layer. All roundings are down.
inline __m256i requantize_twice(const Rescaling& to, __m256 sums, __m256 scale) {
  __m256 value =
      _mm256_round_ps(_mm256_fmadd_ps(sums, scale, _mm256_set1_ps(to.first_offset)), _MM_FROUND_CUR_DIRECTION);
  value = _mm256_min_ps(_mm256_max_ps(value, _mm256_set1_ps(to.least)), _mm256_set1_ps(to.most));
  return _mm256_cvtps_epi32(_mm256_fmadd_ps(value, _mm256_set1_ps(to.scale), _mm256_set1_ps(to.offset)));
}

/// In doubles, which are exact for all sums and multipliers. What does not fit into 32 bits is beyond every clamp.
inline __m128i requantize_exactly(__m128i sums, const double* scale, float offset) {
  const __m256d limit = _mm256_set1_pd(1 << 30);
  const __m256d value = _mm256_fmadd_pd(_mm256_cvtepi32_pd(sums), _mm256_loadu_pd(scale), _mm256_set1_pd(offset));
  return _mm256_cvtpd_epi32(_mm256_max_pd(_mm256_min_pd(value, limit), _mm256_sub_pd(_mm256_setzero_pd(), limit)));
}

/// Stored values of 8 channels, not yet clamped.
template <bool kFast>
inline __m256i requantize(const WeightedLayer& layer, int channel, __m256i sums) {
  if constexpr (kFast) {
    const __m256 scale = _mm256_loadu_ps(layer.scale + channel);
    if (layer.rescaling.used) return requantize_twice(layer.rescaling, _mm256_cvtepi32_ps(sums), scale);
    return _mm256_cvtps_epi32(_mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), scale, _mm256_set1_ps(layer.offset)));
  } else {
    const double* scale = layer.exact_scale + channel;
    const __m128i low = requantize_exactly(_mm256_castsi256_si128(sums), scale, layer.offset);
    const __m128i high = requantize_exactly(_mm256_extracti128_si256(sums, 1), scale + kLanes / 2, layer.offset);
    return _mm256_set_m128i(high, low);
  }
}

/// 16 channels of one pixel, 16 bits each.
template <bool kFast>
inline void store_words(const WeightedLayer& layer, int channel, __m256i first, __m256i second, uint8_t* out) {
  alignas(32) int32_t values[kBlock];
  _mm256_store_si256(reinterpret_cast<__m256i*>(values), requantize<kFast>(layer, channel, first));
  _mm256_store_si256(reinterpret_cast<__m256i*>(values + kLanes), requantize<kFast>(layer, channel + kLanes, second));
  for (int i = 0; i < kBlock && channel + i < layer.channels; ++i) {
    const auto word = static_cast<uint16_t>(clamped(values[i], layer.low, layer.high));
    memcpy(out + 2 * (channel + i), &word, sizeof(word));
  }
}

/// 16 channels of one pixel.
template <bool kFast>
inline void store_pixel(const WeightedLayer& layer, int channel, __m256i first, __m256i second, uint8_t* out) {
  if (layer.words) return store_words<kFast>(layer, channel, first, second, out);
  const __m256i words = _mm256_permute4x64_epi64(
      _mm256_packs_epi32(requantize<kFast>(layer, channel, first), requantize<kFast>(layer, channel + kLanes, second)),
      0xd8);
  __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  const int low = layer.rescaling.used ? layer.rescaling.low : layer.low;
  const int high = layer.rescaling.used ? layer.rescaling.high : layer.high;
  bytes =
      _mm_min_epu8(_mm_max_epu8(bytes, _mm_set1_epi8(static_cast<char>(low))), _mm_set1_epi8(static_cast<char>(high)));
  const int count = layer.channels - channel;
  if (count >= kBlock) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + channel), bytes);
  } else {
    uint8_t all[kBlock];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(all), bytes);
    memcpy(out + channel, all, static_cast<size_t>(count));
  }
}

inline __m256i broadcast(const uint16_t* values) {
  int32_t two;
  memcpy(&two, values, sizeof(two));
  return _mm256_set1_epi32(two);
}

struct Steps {
  ptrdiff_t in_row, in_run, in_pixel, out_pixel;  // of rows and runs of a window, of pixels
};

/// 16 channels of kRun pixels that lie steps.in_pixel values apart.
template <bool kFast>
__attribute__((noinline)) void convolve(const WeightedLayer& layer, int channel, const Steps& steps, const uint16_t* in,
                                        uint8_t* out) {
  const int16_t* weights = static_cast<const int16_t*>(layer.weights) +
                           static_cast<ptrdiff_t>(channel) * layer.kernel_height * layer.runs * layer.groups * 2;
  __m256i sums[kRun][2];
  unroll<kRun>([&](auto i) FLASHCELL_INLINE {
    sums[i][0] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(layer.bias + channel));
    sums[i][1] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(layer.bias + channel + kLanes));
  });
  for (int y = 0, x = 0; y < layer.kernel_height; x + 1 < layer.runs ? ++x : (x = 0, ++y)) {
    const uint16_t* row = in + y * steps.in_row + x * steps.in_run;
    for (int group = 0; group < layer.groups; ++group, row += 2, weights += 2 * kBlock) {
      const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights));
      const __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights + kBlock));
      unroll<kRun>([&](auto i) FLASHCELL_INLINE {
        const __m256i values = broadcast(row + i * steps.in_pixel);
        sums[i][0] = _mm256_add_epi32(sums[i][0], _mm256_madd_epi16(values, first));
        sums[i][1] = _mm256_add_epi32(sums[i][1], _mm256_madd_epi16(values, second));
      });
    }
  }
  unroll<kRun>([&](auto i) FLASHCELL_INLINE {
    store_pixel<kFast>(layer, channel, sums[i][0], sums[i][1], out + i * steps.out_pixel);
  });
}

/// Every value of the map, border included, as 16 bits at the same distance from the scratch's begin.
void widen(const uint8_t* from, ptrdiff_t count, uint16_t* to) {
  for (ptrdiff_t i = 0; i < count; ++i) to[i] = from[i];
}

template <bool kFast>
void convolve_layer(const WeightedLayer& layer, const Map& in, const Map& out, int items, uint16_t* scratch) {
  PixelLines lines = pixel_lines(layer, in, out, items);
  const bool narrow = lines.length < kRun;
  const Steps steps = {layer.dilation_rows * in.row_bytes, static_cast<ptrdiff_t>(layer.dilation_columns) * in.channels,
                       narrow ? 0 : lines.in_step, narrow ? 0 : lines.out_step};
  if (narrow) {
    lines.columns *= lines.length;
    lines.in_column = lines.in_step;
    lines.out_column = lines.out_step;
    lines.length = 1;
  }
  const uint8_t* first = in.first - layer.pad_top * in.row_bytes - layer.pad_left * in.channels;
  const ptrdiff_t last_window = (out.height - 1) * layer.stride_rows * in.row_bytes +
                                static_cast<ptrdiff_t>(out.width - 1) * layer.stride_columns * in.channels +
                                (layer.kernel_height - 1) * steps.in_row + (layer.runs - 1) * steps.in_run +
                                2 * layer.groups;
  widen(first, (items - 1) * in.item_bytes + last_window, scratch);
  for (int channel = 0; channel < layer.channels; channel += kBlock) {
    for_each_run<1, kRun>(lines, first, out.first, [&](const uint8_t* const* from, uint8_t* const* to, int) {
      convolve<kFast>(layer, channel, steps, scratch + (from[0] - first), to[0]);
    });
  }
}

void convolution(const WeightedLayer& layer, const Map& in, const Map& out, int items, uint16_t* scratch) {
  const RoundDown rounding;
  layer.fast ? convolve_layer<true>(layer, in, out, items, scratch)
             : convolve_layer<false>(layer, in, out, items, scratch);
}

/// 8 channels of two taps as pairs of 16-bit values.
inline __m256i interleave(__m128i first, __m128i second, bool upper) {
  return _mm256_cvtepu8_epi16(upper ? _mm_unpackhi_epi8(first, second) : _mm_unpacklo_epi8(first, second));
}

template <bool kFast>
__attribute__((noinline)) void depthwise_pixel(const WeightedLayer& layer, int channel, const ptrdiff_t* offsets,
                                               const uint8_t* in, uint8_t* out) {
  const int16_t* weights =
      static_cast<const int16_t*>(layer.weights) + static_cast<ptrdiff_t>(channel) * 2 * layer.groups;
  __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(layer.bias + channel));
  __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(layer.bias + channel + kLanes));
  for (int pair = 0; pair < layer.groups; ++pair, weights += 2 * kBlock) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + channel + offsets[2 * pair]));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + channel + offsets[2 * pair + 1]));
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights + kBlock));
    first = _mm256_add_epi32(first, _mm256_madd_epi16(interleave(a, b, false), low));
    second = _mm256_add_epi32(second, _mm256_madd_epi16(interleave(a, b, true), high));
  }
  store_pixel<kFast>(layer, channel, first, second, out);
}

template <bool kFast>
void depthwise_layer(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  constexpr int kMostTaps = contract::kMaxKernelSide * contract::kMaxKernelSide + 1;
  const int taps = layer.kernel_height * layer.kernel_width;
  ptrdiff_t offsets[kMostTaps];
  for (int tap = 0; tap < taps; ++tap) {
    offsets[tap] = tap / layer.kernel_width * layer.dilation_rows * in.row_bytes +
                   tap % layer.kernel_width * layer.dilation_columns * in.channels;
  }
  offsets[taps] = 0;  // beside the last tap of an odd number; its weight is 0
  const PixelLines lines = pixel_lines(layer, in, out, items);
  const uint8_t* start = in.first - layer.pad_top * in.row_bytes - layer.pad_left * in.channels;
  for_each_run<1, 1>(lines, start, out.first, [&](const uint8_t* const* from, uint8_t* const* to, int) {
    for (int channel = 0; channel < layer.channels; channel += kBlock) {
      depthwise_pixel<kFast>(layer, channel, offsets, from[0], to[0]);
    }
  });
}

void depthwise(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  const RoundDown rounding;
  layer.fast ? depthwise_layer<true>(layer, in, out, items) : depthwise_layer<false>(layer, in, out, items);
}

}  // namespace

const Kernels& avx2_kernels() {
  static const Kernels kernels = {
      2,    true,    DepthwiseTaps::pairs, pack_matrix<2>, convolution, depthwise, max_pool, average_pool, add,
      copy, upsample};
  return kernels;
}

}  // namespace flashcell::host::inference
#endif
