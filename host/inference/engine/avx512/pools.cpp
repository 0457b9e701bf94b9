// Pools on AVX-512.
#include "host/inference/engine/avx512/layers.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace flashcell::host::inference::avx512 {
namespace {

namespace plain {
#include "host/inference/engine/plain_layers-inl.hpp"
}

constexpr int kDown = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;

/// What of a window lies inside of the image.
struct Inside {
  const uint8_t* from;
  int rows, columns;
};

/// work(window, address of the output pixel) for each pixel.
template <class Work>
inline void for_each_window(const PoolLayer& layer, const Map& in, const Map& out, int items, Work work) {
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < out.height; ++row) {
      const plain::Clip rows = plain::clip(row * layer.stride - layer.pad_top, layer.kernel_height, in.height);
      uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes;
      for (int column = 0; column < out.width; ++column, to += out.channels) {
        const plain::Clip columns = plain::clip(column * layer.stride - layer.pad_left, layer.kernel_width, in.width);
        const uint8_t* from = in.first + item * in.item_bytes + rows.begin * in.row_bytes + columns.begin * in.channels;
        work(Inside{from, rows.end - rows.begin, columns.end - columns.begin}, to);
      }
    }
  }
}

/// Loads reach up to 63 bytes beyond the channels; the masks of stores do not.
inline void largest_of_64(const Inside& window, ptrdiff_t row_bytes, int channels, int count, uint8_t* to) {
  __m512i largest = _mm512_setzero_si512();
  for (int y = 0; y < window.rows; ++y) {
    const uint8_t* pixel = window.from + y * row_bytes;
    for (int x = 0; x < window.columns; ++x, pixel += channels)
      largest = _mm512_max_epu8(largest, _mm512_loadu_si512(pixel));
  }
  _mm512_mask_storeu_epi8(to, count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1, largest);
}

inline void largest_of_16(const Inside& window, ptrdiff_t row_bytes, int channels, int count, uint8_t* to) {
  __m128i largest = _mm_setzero_si128();
  for (int y = 0; y < window.rows; ++y) {
    const uint8_t* pixel = window.from + y * row_bytes;
    for (int x = 0; x < window.columns; ++x, pixel += channels)
      largest = _mm_max_epu8(largest, _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixel)));
  }
  _mm_mask_storeu_epi8(to, static_cast<__mmask16>(count >= 16 ? 0xffffu : (1u << count) - 1), largest);
}

/// Means of 16 channels: exact in floats, since no sum reaches 2^24 (WeightedLayer::fast).
struct Mean {
  explicit Mean(const PoolLayer& layer)
      : scale(
            _mm512_set1_ps(static_cast<float>(layer.scale.multiplier) / static_cast<float>(1ull << layer.scale.shift))),
        offset(_mm512_set1_ps(static_cast<float>(layer.stored_zero) + 0.5F)),
        low(_mm512_set1_epi32(layer.low)),
        high(_mm512_set1_epi32(layer.high)) {}
  __m128i operator()(__m512i sums) const {
    const __m512 value = _mm512_fmadd_round_ps(_mm512_cvtepi32_ps(sums), scale, offset, kDown);
    const __m512i y = _mm512_cvt_roundps_epi32(_mm512_min_ps(value, _mm512_set1_ps(512)), kDown);  // fits 32 bits
    return _mm512_cvtepi32_epi8(_mm512_min_epi32(_mm512_max_epi32(y, low), high));
  }
  __m512 scale, offset;
  __m512i low, high;
};

}  // namespace

void max_pool(const PoolLayer& layer, const Map& in, const Map& out, int items) {
  for_each_window(layer, in, out, items, [&](const Inside& window, uint8_t* to) {
    int channel = 0;
    for (; in.channels - channel > 16; channel += 64) {
      const Inside part = {window.from + channel, window.rows, window.columns};
      largest_of_64(part, in.row_bytes, in.channels, in.channels - channel, to + channel);
    }
    if (channel >= in.channels) return;
    const Inside part = {window.from + channel, window.rows, window.columns};
    largest_of_16(part, in.row_bytes, in.channels, in.channels - channel, to + channel);
  });
}

void average_pool(const PoolLayer& layer, const Map& in, const Map& out, int items) {
  constexpr int kMostPixels = (1 << 24) / 256;
  if (layer.kernel_height * layer.kernel_width >= kMostPixels) return plain::average_pool(layer, in, out, items);
  const Mean mean(layer);
  for_each_window(layer, in, out, items, [&](const Inside& window, uint8_t* to) {
    const int rows = window.rows > 0 ? window.rows : 0, columns = window.columns > 0 ? window.columns : 0;
    for (int channel = 0; channel < in.channels; channel += 16) {
      __m512i sums = _mm512_set1_epi32(-rows * columns * in.zero);
      for (int y = 0; y < rows; ++y) {
        const uint8_t* pixel = window.from + y * in.row_bytes + channel;
        for (int x = 0; x < columns; ++x, pixel += in.channels) {
          const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixel));
          sums = _mm512_add_epi32(sums, _mm512_cvtepu8_epi32(bytes));
        }
      }
      const int count = in.channels - channel;
      const auto mask = static_cast<__mmask16>(count >= 16 ? 0xffffu : (1u << count) - 1);
      _mm_mask_storeu_epi8(to + channel, mask, mean(sums));
    }
  });
}

}  // namespace flashcell::host::inference::avx512
#endif
