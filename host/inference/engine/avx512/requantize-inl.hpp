// From sums to stored bytes. Included once by each file, inside its namespace.

constexpr int kDown = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;

/// How the sums of a layer are requantized.
enum class Rounding {
  exact,  ///< in doubles, which are exact for all sums and multipliers
  fast,   ///< in floats (WeightedLayer::fast)
  twice,  ///< the same, and once more for the concatenation behind the layer (Rescaling)
};

/// Requantization of 16 channels: stored values, not yet clamped.
template <Rounding kRounding>
struct Requantizer {
  Requantizer(const WeightedLayer& layer, int channel)
      : low_scale(_mm512_loadu_pd(layer.exact_scale + channel)),
        high_scale(_mm512_loadu_pd(layer.exact_scale + channel + kBlock / 2)),
        offset(_mm512_set1_pd(static_cast<double>(layer.offset))) {}
  __m512i operator()(__m512i sums) const {
    const __m256i low = half(_mm512_castsi512_si256(sums), low_scale);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), half(_mm512_extracti64x4_epi64(sums, 1), high_scale), 1);
  }
  __m256i half(__m256i sums, __m512d scale) const {
    // What does not fit into 32 bits is beyond every clamp.
    const __m512d limit = _mm512_set1_pd(1 << 30);
    const __m512d value = _mm512_fmadd_round_pd(_mm512_cvtepi32_pd(sums), scale, offset, kDown);
    return _mm512_cvt_roundpd_epi32(
        _mm512_max_pd(_mm512_min_pd(value, limit), _mm512_sub_pd(_mm512_setzero_pd(), limit)), kDown);
  }
  __m512d low_scale, high_scale, offset;
};

template <>
struct Requantizer<Rounding::fast> {
  Requantizer(const WeightedLayer& layer, int channel)
      : scale(_mm512_loadu_ps(layer.scale + channel)), offset(_mm512_set1_ps(layer.offset)) {}
  __m512i operator()(__m512i sums) const {
    const __m512 value = _mm512_fmadd_round_ps(_mm512_cvtepi32_ps(sums), scale, offset, kDown);
    return _mm512_cvt_roundps_epi32(value, kDown);
  }
  __m512 scale, offset;
};

template <>
struct Requantizer<Rounding::twice> {
  Requantizer(const WeightedLayer& layer, int channel)
      : scale(_mm512_loadu_ps(layer.scale + channel)),
        offset(_mm512_set1_ps(layer.rescaling.first_offset)),
        low(_mm512_set1_ps(layer.rescaling.least)),
        high(_mm512_set1_ps(layer.rescaling.most)),
        second_scale(_mm512_set1_ps(layer.rescaling.scale)),
        second_offset(_mm512_set1_ps(layer.rescaling.offset)) {}
  __m512i operator()(__m512i sums) const {
    __m512 value = _mm512_fmadd_round_ps(_mm512_cvtepi32_ps(sums), scale, offset, kDown);
    value = _mm512_min_ps(_mm512_max_ps(_mm512_roundscale_ps(value, kDown), low), high);
    return _mm512_cvt_roundps_epi32(_mm512_fmadd_round_ps(value, second_scale, second_offset, kDown), kDown);
  }
  __m512 scale, offset, low, high, second_scale, second_offset;
};

/// The clamp of what is stored, in every byte.
struct ByteClamp {
  explicit ByteClamp(const WeightedLayer& layer)
      : low(_mm512_set1_epi8(static_cast<char>(layer.rescaling.used ? layer.rescaling.low : layer.low))),
        high(_mm512_set1_epi8(static_cast<char>(layer.rescaling.used ? layer.rescaling.high : layer.high))) {}
  __m512i operator()(__m512i bytes) const { return _mm512_min_epu8(_mm512_max_epu8(bytes, low), high); }
  __m512i low, high;
};

/// Bytes of four vectors: four of each, four times. Values beyond 8 bits saturate.
inline __m512i pack_bytes(__m512i a, __m512i b, __m512i c, __m512i d) {
  return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
}

/// work(constant of the layer's rounding).
template <Rounding kRounding>
struct RoundingConstant {
  static constexpr Rounding value = kRounding;
};
template <class Work>
inline void with_rounding(const WeightedLayer& layer, Work work) {
  if (layer.rescaling.used) return work(RoundingConstant<Rounding::twice>());
  if (layer.fast) return work(RoundingConstant<Rounding::fast>());
  work(RoundingConstant<Rounding::exact>());
}
