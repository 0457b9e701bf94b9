// Depthwise convolutions on AVX-512 with VNNI: four taps of a row an instruction. The bytes of four neighbouring pixels
// are brought together channel by channel; with stride 1 they serve two output pixels, under weights that are shifted
// by a tap.
#include "host/inference/engine/avx512/layers.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#include <utility>

namespace flashcell::host::inference::avx512 {
namespace {

#include "host/inference/engine/avx512/requantize-inl.hpp"
#include "host/inference/engine/pixel_lines-inl.hpp"
#include "host/inference/engine/unroll-inl.hpp"

constexpr int kTaps = 4;          // of one instruction
constexpr int kLanes = 4;         // of 16 channels each
constexpr int kVectorBytes = 64;  // one tap of all lanes, or four taps of a fourth of each lane's channels
constexpr int kMostColumns = contract::kMaxKernelSide + 1;

/// Lanes of 16 channels: kTogether of them from each place.
template <int kTogether>
inline __m512i load_lanes(const uint8_t* const* places, ptrdiff_t offset) {
  if constexpr (kTogether == 4) {
    return _mm512_loadu_si512(places[0] + offset);
  } else if constexpr (kTogether == 2) {
    const auto half = [&](int i) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(places[i] + offset)); };
    return _mm512_inserti64x4(_mm512_castsi256_si512(half(0)), half(1), 1);
  } else {
    const auto lane = [&](int i) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(places[i] + offset)); };
    __m512i all = _mm512_castsi128_si512(lane(0));
    all = _mm512_inserti32x4(all, lane(1), 1);
    all = _mm512_inserti32x4(all, lane(2), 2);
    return _mm512_inserti32x4(all, lane(3), 3);
  }
}

/// The first `count` channels of each place.
template <int kTogether>
inline void store_lanes(uint8_t* const* places, ptrdiff_t offset, int count, __m512i bytes) {
  if constexpr (kTogether == 4) {
    const __mmask64 mask = count >= kVectorBytes ? ~__mmask64{0} : (__mmask64{1} << count) - 1;
    _mm512_mask_storeu_epi8(places[0] + offset, mask, bytes);
  } else if constexpr (kTogether == 2) {
    const __mmask32 mask = count >= 32 ? ~__mmask32{0} : (__mmask32{1} << count) - 1;
    _mm256_mask_storeu_epi8(places[0] + offset, mask, _mm512_castsi512_si256(bytes));
    _mm256_mask_storeu_epi8(places[1] + offset, mask, _mm512_extracti64x4_epi64(bytes, 1));
  } else {
    const auto mask = static_cast<__mmask16>((1u << count) - 1);
    _mm_mask_storeu_epi8(places[0] + offset, mask, _mm512_castsi512_si128(bytes));
    _mm_mask_storeu_epi8(places[1] + offset, mask, _mm512_extracti32x4_epi32(bytes, 1));
    _mm_mask_storeu_epi8(places[2] + offset, mask, _mm512_extracti32x4_epi32(bytes, 2));
    _mm_mask_storeu_epi8(places[3] + offset, mask, _mm512_extracti32x4_epi32(bytes, 3));
  }
}

/// A block of channels of a layer, and where things lie.
struct Block {
  const WeightedLayer* layer;
  int index, count;  // channels from index * 64 on
  int width;         // output pixels whose weights stand together
  ptrdiff_t in_row, out_pixel;
  ptrdiff_t columns[kMostColumns + kTaps];  // of the window; those beyond it have weight 0 and repeat the first
};

/// kPixels neighbours at each place.
template <int kPixels, int kTogether, Rounding kRounding>
__attribute__((noinline)) void depthwise_pixels(const Block& block, const uint8_t* const* in, uint8_t* const* out) {
  const WeightedLayer& layer = *block.layer;
  const int first = block.index * kLanes * kBlock;
  const ptrdiff_t step = block.width * kLanes * kVectorBytes;
  const int8_t* weights =
      static_cast<const int8_t*>(layer.weights) + block.index * layer.kernel_height * layer.groups * step;
  __m512i sums[kPixels][kLanes];
  unroll<kLanes>([&](auto i) FLASHCELL_INLINE {
    const __m512i bias = _mm512_loadu_si512(layer.bias + first + i * kBlock);
    unroll<kPixels>([&](auto p) FLASHCELL_INLINE { sums[p][i] = bias; });
  });
  ptrdiff_t row = 0;
  for (int y = 0; y < layer.kernel_height; ++y, row += block.in_row) {
    for (int group = 0; group < layer.groups; ++group, weights += step) {
      const ptrdiff_t* column = block.columns + group * kTaps;
      const __m512i a = load_lanes<kTogether>(in, row + column[0]), b = load_lanes<kTogether>(in, row + column[1]);
      const __m512i c = load_lanes<kTogether>(in, row + column[2]), d = load_lanes<kTogether>(in, row + column[3]);
      const __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
      const __m512i cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);
      const __m512i taps[kLanes] = {_mm512_unpacklo_epi16(ab_low, cd_low), _mm512_unpackhi_epi16(ab_low, cd_low),
                                    _mm512_unpacklo_epi16(ab_high, cd_high), _mm512_unpackhi_epi16(ab_high, cd_high)};
      unroll<kPixels>([&](auto p) FLASHCELL_INLINE {
        unroll<kLanes>([&](auto i) FLASHCELL_INLINE {
          const __m512i weight = _mm512_loadu_si512(weights + (p * kLanes + i) * kVectorBytes);
          sums[p][i] = _mm512_dpbusd_epi32(sums[p][i], taps[i], weight);
        });
      });
    }
  }
  unroll<kLanes>([&](auto i) FLASHCELL_INLINE {
    const Requantizer<kRounding> requantize(layer, first + i * kBlock);
    unroll<kPixels>([&](auto p) FLASHCELL_INLINE { sums[p][i] = requantize(sums[p][i]); });
  });
  const ByteClamp clamp(layer);
  unroll<kPixels>([&](auto p) FLASHCELL_INLINE {
    const __m512i bytes = clamp(pack_bytes(sums[p][0], sums[p][1], sums[p][2], sums[p][3]));
    store_lanes<kTogether>(out, p * block.out_pixel, block.count, bytes);
  });
}

template <int kPixels, int kTogether, Rounding kRounding>
void depthwise_block(const Block& block, const PixelLines& lines, const uint8_t* in, uint8_t* out) {
  constexpr int kPlaces = kLanes / kTogether;
  const int channel = block.index * kLanes * kBlock;
  for_each_run<kPlaces, kPixels>(lines, in + channel, out + channel,
                                 [&](const uint8_t** from, uint8_t** to, int count) {
                                   for (int i = count; i < kPlaces; ++i) from[i] = from[0], to[i] = to[0];
                                   depthwise_pixels<kPixels, kTogether, kRounding>(block, from, to);
                                 });
}

template <int kPixels, Rounding kRounding>
void depthwise_layer(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  const PixelLines lines = pixel_lines(layer, in, out, items);
  const bool shifted = layer.stride_columns == 1 && layer.dilation_columns == 1;
  Block block = {&layer, 0, 0, shifted ? 2 : 1, layer.dilation_rows * in.row_bytes, lines.out_step, {}};
  for (int i = 0; i < layer.kernel_width + kPixels - 1; ++i)
    block.columns[i] = static_cast<ptrdiff_t>(i) * layer.dilation_columns * in.channels;
  const uint8_t* first = in.first - layer.pad_top * in.row_bytes - layer.pad_left * in.channels;
  const int pixels = pixels_of_tile(layer, 0, in, out, kLanes * kPixels);
  for_each_tile(lines, pixels, kPixels, first, out.first,
                [&](const PixelLines& tile, const uint8_t* from, uint8_t* to) {
                  for (int left = layer.channels, index = 0; left > 0; left -= kLanes * kBlock, ++index) {
                    block.index = index;
                    block.count = left;
                    if (left > 2 * kBlock) {
                      depthwise_block<kPixels, 4, kRounding>(block, tile, from, to);
                    } else if (left > kBlock) {
                      depthwise_block<kPixels, 2, kRounding>(block, tile, from, to);
                    } else {
                      depthwise_block<kPixels, 1, kRounding>(block, tile, from, to);
                    }
                  }
                });
}

}  // namespace

void depthwise(const WeightedLayer& layer, const Map& in, const Map& out, int items) {
  const PixelLines lines = pixel_lines(layer, in, out, items);
  const bool pairs =
      layer.stride_columns == 1 && layer.dilation_columns == 1 && lines.in_step == in.channels && lines.length >= 2;
  with_rounding(layer, [&](auto rounding) {
    pairs ? depthwise_layer<2, rounding.value>(layer, in, out, items)
          : depthwise_layer<1, rounding.value>(layer, in, out, items);
  });
}

}  // namespace flashcell::host::inference::avx512
#endif
