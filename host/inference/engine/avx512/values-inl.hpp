// Sixteen numbers of any type as integers or as two vectors of doubles. Included once by each file, inside its
// namespace.

constexpr int kDown = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
constexpr int kSixteen = 16;

inline __mmask16 first_of_16(int count) {
  return count >= kSixteen ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>((1u << count) - 1);
}

template <ValueType kType>
inline __m512i load_values(const uint8_t* from, ptrdiff_t index, __mmask16 mask) {
  if constexpr (kType == ValueType::bytes) return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, from + index));
  const __m256i words = _mm256_maskz_loadu_epi16(mask, from + 2 * index);
  return kType == ValueType::unsigned_words ? _mm512_cvtepu16_epi32(words) : _mm512_cvtepi16_epi32(words);
}

template <ValueType kType>
inline void store_values(uint8_t* to, ptrdiff_t index, __mmask16 mask, __m512i values) {
  if constexpr (kType == ValueType::bytes) {
    _mm_mask_storeu_epi8(to + index, mask, _mm512_cvtepi32_epi8(values));
  } else {
    _mm256_mask_storeu_epi16(to + 2 * index, mask, _mm512_cvtepi32_epi16(values));
  }
}

/// work(constant of the type).
template <ValueType kType>
struct TypeConstant {
  static constexpr ValueType value = kType;
};
template <class Work>
inline void with_type(ValueType type, Work work) {
  if (type == ValueType::bytes) return work(TypeConstant<ValueType::bytes>());
  if (type == ValueType::unsigned_words) return work(TypeConstant<ValueType::unsigned_words>());
  work(TypeConstant<ValueType::signed_words>());
}

struct Doubles {
  __m512d low, high;
};
inline Doubles to_doubles(__m512i values) {
  return {_mm512_cvtepi32_pd(_mm512_castsi512_si256(values)), _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(values, 1))};
}
inline __m512d floor_of(__m512d x) {
  return _mm512_roundscale_pd(x, kDown);
}

/// floor(x * scale + offset), exact: a whole number never lies between a number and the double below it.
inline __m512d scaled(__m512d x, __m512d scale, __m512d offset) {
  return _mm512_fmadd_round_pd(x, scale, offset, kDown);
}

inline __m512i rounded_down(const Doubles& x) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvt_roundpd_epi32(x.low, kDown)),
                            _mm512_cvt_roundpd_epi32(x.high, kDown), 1);
}

/// Integers of what is between two limits, rounded down.
struct DoubleClamp {
  DoubleClamp(int least, int most)
      : low(_mm512_set1_pd(static_cast<double>(least))), high(_mm512_set1_pd(static_cast<double>(most))) {}
  // What is rounded down from below the upper limit's next number is not above it.
  __m512i operator()(const Doubles& x) const { return rounded_down({cut(x.low), cut(x.high)}); }
  __m512d cut(__m512d x) const { return _mm512_min_pd(_mm512_max_pd(x, low), high); }
  __m512d low, high;
};
