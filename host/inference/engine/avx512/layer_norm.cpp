// Layer norms on AVX-512.
#include "host/inference/engine/avx512/rows.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace flashcell::host::inference::avx512 {
namespace {

#include "host/inference/engine/avx512/values-inl.hpp"
#include "host/inference/engine/pixels-inl.hpp"

constexpr int kRows = 32;  // whose square roots are computed together, in four vectors
constexpr int kVector = 8;
constexpr int kRootSteps = 10;
constexpr double kFirstRoot = 65536, kDividend = 2147483647;

/// Rows that wait for each other.
struct RowBlock {
  const uint8_t* from[kRows];
  uint8_t* to[kRows];
  int count = 0;
};

/// What is subtracted from a row's numbers so that they have 16 bits and a sign. It is even: half to even stays so.
template <ValueType kType>
constexpr int kCentre = kType == ValueType::unsigned_words ? 1 << 15 : 0;

template <ValueType kType>
inline __m512i load_words(const uint8_t* from, int index, int count) {
  const __mmask32 mask = count >= 32 ? ~__mmask32{0} : (__mmask32{1} << count) - 1;
  if constexpr (kType == ValueType::bytes) return _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, from + index));
  const __m512i words = _mm512_maskz_loadu_epi16(mask, from + 2 * static_cast<ptrdiff_t>(index));
  const auto centre = static_cast<int16_t>(kCentre<kType>);
  return kCentre<kType> == 0 ? words : _mm512_maskz_sub_epi16(mask, words, _mm512_set1_epi16(centre));
}

/// Sums of a row's numbers and of their squares, less kCentre: below 2^43.
template <ValueType kType>
inline void add_up(const uint8_t* row, int channels, double& sum, double& squares) {
  const __m512i ones = _mm512_set1_epi16(1), lower = _mm512_set1_epi64(0xffffffff);
  __m512i sums = _mm512_setzero_si512(), even = sums, odd = sums;
  for (int c = 0; c < channels; c += 32) {
    const __m512i words = load_words<kType>(row, c, channels - c);
    sums = _mm512_add_epi32(sums, _mm512_madd_epi16(words, ones));
    const __m512i products = _mm512_madd_epi16(words, words);  // up to 2^31, without a sign
    even = _mm512_add_epi64(even, _mm512_and_si512(products, lower));
    odd = _mm512_add_epi64(odd, _mm512_srli_epi64(products, 32));
  }
  sum = static_cast<double>(_mm512_reduce_add_epi32(sums));
  squares = static_cast<double>(_mm512_reduce_add_epi64(_mm512_add_epi64(even, odd)));
}

/// Half of layer_norm_factor() of qcnn_functions.hpp. Quotients of whole numbers below 2^53 round to no larger whole
/// number than theirs.
inline void set_half_factors(const double* squares, double* factors) {
  constexpr int kVectors = kRows / kVector;
  const __m512d half = _mm512_set1_pd(0.5);
  __m512d root[kVectors];
  for (__m512d& each : root) each = _mm512_set1_pd(kFirstRoot);
  for (int step = 0; step < kRootSteps; ++step) {
    for (int i = 0; i < kVectors; ++i) {
      const __m512d quotient = floor_of(_mm512_div_pd(_mm512_load_pd(squares + i * kVector), root[i]));
      root[i] = floor_of(_mm512_mul_pd(_mm512_add_pd(root[i], quotient), half));
    }
  }
  for (int i = 0; i < kVectors; ++i)
    _mm512_store_pd(factors + i * kVector,
                    _mm512_mul_pd(floor_of(_mm512_div_pd(_mm512_set1_pd(kDividend), root[i])), half));
}

template <ValueType kIn, ValueType kOut>
inline void norm_row(const LayerNormLayer& layer, const uint8_t* from, double mean, double half_factor, uint8_t* to) {
  const __m512i centre = _mm512_set1_epi32(static_cast<int>(mean));
  const __m128i fraction = _mm_cvtsi32_si128(layer.fraction_bits);
  const __m512d factor = _mm512_set1_pd(half_factor), offset = _mm512_set1_pd(layer.offset);
  const __m512d whole = _mm512_set1_pd(kWholeNumbers);
  const DoubleClamp clamp(layer.low, layer.high);
  const __m512i low = _mm512_set1_epi32(layer.low), high = _mm512_set1_epi32(layer.high);
  for (int c = 0; c < layer.channels; c += kSixteen) {
    const __mmask16 mask = first_of_16(layer.channels - c);
    const __m512i numbers = _mm512_sll_epi32(load_values<kIn>(from, c, mask), fraction);
    const Doubles d = to_doubles(_mm512_sub_epi32(numbers, centre));
    const auto half = [&](__m512d distance, int first) {
      const __m512d normal = _mm512_fmadd_round_pd(distance, factor, whole, kDown);
      return scaled(_mm512_add_pd(normal, _mm512_loadu_pd(layer.bias + first)), _mm512_loadu_pd(layer.scale + first),
                    offset);
    };
    const Doubles y = {half(d.low, c), half(d.high, c + kSixteen / 2)};
    const __m512i values = layer.bounded ? _mm512_min_epi32(_mm512_max_epi32(rounded_down(y), low), high) : clamp(y);
    store_values<kOut>(to, c, mask, values);
  }
}

template <ValueType kIn, ValueType kOut>
void norm_rows(const LayerNormLayer& layer, const RowBlock& rows) {
  alignas(64) double means[kRows] = {}, squares[kRows] = {}, factors[kRows];
  const double one = 1 << layer.fraction_bits;
  for (int i = 0; i < rows.count; ++i) {
    add_up<kIn>(rows.from[i], layer.channels, means[i], squares[i]);
    means[i] *= one;
    squares[i] *= one * one;
  }
  const __m512d channels = _mm512_set1_pd(static_cast<double>(layer.channels));
  for (int i = 0; i < kRows; i += kVector) {
    const __m512d sum = _mm512_load_pd(means + i);
    // Half to even: a mean beside a half is farther from it than a double's error.
    const __m512d mean =
        _mm512_roundscale_pd(_mm512_div_pd(sum, channels), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    // Squared distances to the mean: sum of squares - mean * (2 sum - channels * mean), exact.
    const __m512d twice = _mm512_sub_pd(_mm512_add_pd(sum, sum), _mm512_mul_pd(channels, mean));
    _mm512_store_pd(squares + i, _mm512_sub_pd(_mm512_load_pd(squares + i), _mm512_mul_pd(mean, twice)));
    _mm512_store_pd(means + i, _mm512_add_pd(mean, _mm512_set1_pd(kCentre<kIn>)));
  }
  set_half_factors(squares, factors);
  for (int i = 0; i < rows.count; ++i) norm_row<kIn, kOut>(layer, rows.from[i], means[i], factors[i], rows.to[i]);
}

template <ValueType kIn, ValueType kOut>
void norm_map(const LayerNormLayer& layer, const Map& in, const Map& out, int items) {
  RowBlock rows;
  for_each_pixel(in, out, items, [&](const uint8_t* from, uint8_t* to) {
    rows.from[rows.count] = from;
    rows.to[rows.count] = to;
    if (++rows.count < kRows) return;
    norm_rows<kIn, kOut>(layer, rows);
    rows.count = 0;
  });
  if (rows.count != 0) norm_rows<kIn, kOut>(layer, rows);
}

}  // namespace

void layer_norm(const LayerNormLayer& layer, const Map& in, const Map& out, int items) {
  // With a fraction words have 15 bits at most: no sign is in the way.
  const bool narrow = layer.in == ValueType::unsigned_words && layer.fraction_bits > 0;
  with_type(narrow ? ValueType::signed_words : layer.in, [&](auto from) {
    with_type(layer.out, [&](auto to) { norm_map<from.value, to.value>(layer, in, out, items); });
  });
}

}  // namespace flashcell::host::inference::avx512
#endif
