// Softmax and tables, 64 numbers at a time, on what looks numbers up: ByteTable (64 bytes of 64 bytes) and
// NumberTable (64 numbers of 32 bits as four vectors, in the order in which unpacking bytes to 32 bits brings them).
// Included once by each file that has these, inside its namespace.

constexpr int kTogether = 64;

inline __mmask64 first_of_64(int count) {
  return count >= kTogether ? ~__mmask64{0} : (__mmask64{1} << count) - 1;
}

inline int largest_byte(const uint8_t* row, int channels) {
  __m512i largest = _mm512_setzero_si512();
  for (int c = 0; c < channels; c += kTogether)
    largest = _mm512_max_epu8(largest, _mm512_maskz_loadu_epi8(first_of_64(channels - c), row + c));
  const __m256i half = _mm256_max_epu8(_mm512_castsi512_si256(largest), _mm512_extracti64x4_epi64(largest, 1));
  __m128i quarter = _mm_max_epu8(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  quarter = _mm_max_epu8(quarter, _mm_srli_epi16(quarter, 8));
  // The least of eight words is what there is an instruction for.
  const __m128i words = _mm_sub_epi16(_mm_set1_epi16(255), _mm_and_si128(quarter, _mm_set1_epi16(255)));
  return 255 - (_mm_cvtsi128_si32(_mm_minpos_epu16(words)) & 255);
}

/// A row between its two halves of work.
struct SoftmaxRow {
  alignas(64) uint32_t exponentials[contract::kMaxTensorChannels + kTogether];
  uint32_t sum;
  uint8_t* to;
};

inline void exponentials_of(const NumberTable& table, uint32_t first, const uint8_t* from, int channels,
                            SoftmaxRow& row) {
  const __m512i largest = _mm512_set1_epi8(static_cast<char>(largest_byte(from, channels)));
  __m512i sum = _mm512_setzero_si512();
  int c = 0;
  for (; c < channels; c += kTogether) {
    // Beyond the row: as the largest number. That is subtracted below.
    const __m512i values = _mm512_mask_loadu_epi8(largest, first_of_64(channels - c), from + c);
    __m512i e[4];
    table(_mm512_sub_epi8(largest, values), e);
    for (int i = 0; i < 4; ++i) _mm512_store_si512(row.exponentials + c + 16 * i, e[i]);
    sum = _mm512_add_epi32(sum, _mm512_add_epi32(_mm512_add_epi32(e[0], e[1]), _mm512_add_epi32(e[2], e[3])));
  }
  row.sum = static_cast<uint32_t>(_mm512_reduce_add_epi32(sum)) - static_cast<uint32_t>(c - channels) * first;
}

inline void divide_row(const SoftmaxLayer& layer, const SoftmaxRow& row) {
  constexpr uint32_t kDividend = 2147483647;
  const __m512i factor = _mm512_set1_epi32(static_cast<int>(kDividend / row.sum));
  const __m128i shift = _mm_cvtsi32_si128(31 - layer.fraction_bits);
  const __m512i low = _mm512_set1_epi16(static_cast<int16_t>(layer.low > 0 ? layer.low : 0));
  const __m512i high = _mm512_set1_epi16(static_cast<int16_t>(layer.high));
  const __m512i offset = _mm512_set1_epi16(static_cast<int16_t>(layer.stored_offset));
  for (int c = 0; c < layer.channels; c += kTogether) {
    const auto quotients = [&](int i) {
      const __m512i e = _mm512_load_si512(row.exponentials + c + 16 * i);
      return _mm512_srl_epi32(_mm512_mullo_epi32(e, factor), shift);
    };
    const auto clamped = [&](__m512i words) {
      return _mm512_add_epi16(_mm512_min_epu16(_mm512_max_epu16(words, low), high), offset);
    };
    const __m512i first = clamped(_mm512_packus_epi32(quotients(0), quotients(1)));
    const __m512i second = clamped(_mm512_packus_epi32(quotients(2), quotients(3)));
    const __mmask64 mask = first_of_64(layer.channels - c);
    if (layer.out == ValueType::bytes) {
      _mm512_mask_storeu_epi8(row.to + c, mask, _mm512_packus_epi16(first, second));
    } else {
      const __m512i front = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11),
                    back = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
      uint8_t* to = row.to + 2 * c;
      _mm512_mask_storeu_epi16(to, static_cast<__mmask32>(mask), _mm512_permutex2var_epi64(first, front, second));
      _mm512_mask_storeu_epi16(to + kTogether, static_cast<__mmask32>(mask >> 32),
                               _mm512_permutex2var_epi64(first, back, second));
    }
  }
}

/// Two rows at a time: one's exponentials are computed while the other's sum is on its way.
inline void softmax_rows(const SoftmaxLayer& layer, const Map& in, const Map& out, int items) {
  const NumberTable numbers(layer.exponentials);
  SoftmaxRow rows[2];
  int count = 0;
  for_each_pixel(in, out, items, [&](const uint8_t* from, uint8_t* to) {
    SoftmaxRow& row = rows[count % 2];
    row.to = to;
    exponentials_of(numbers, layer.exponentials[0], from, layer.channels, row);
    if (count != 0) divide_row(layer, rows[(count + 1) % 2]);
    ++count;
  });
  divide_row(layer, rows[(count + 1) % 2]);
}

inline void look_up(const ByteTable& table, const uint8_t* from, int count, uint8_t* to) {
  for (int i = 0; i < count; i += kTogether) {
    const __mmask64 mask = first_of_64(count - i);
    _mm512_mask_storeu_epi8(to + i, mask, table(_mm512_maskz_loadu_epi8(mask, from + i)));
  }
}

inline void look_up_rows(const TableLayer& layer, const Map& in, const Map& out, int items) {
  if (layer.choice == TableLayer::Choice::by_channel) {
    for_each_pixel(in, out, items, [&](const uint8_t* from, uint8_t* to) {
      for (int c = 0; c < layer.channels; ++c) to[c] = layer.entries[256 * static_cast<ptrdiff_t>(c) + from[c]];
    });
  } else if (layer.choice == TableLayer::Choice::only) {
    const ByteTable only(layer.entries);
    for_each_pixel(in, out, items, [&](const uint8_t* from, uint8_t* to) { look_up(only, from, layer.channels, to); });
  } else {
    for_each_pixel(in, out, items, [&](const uint8_t* from, uint8_t* to) {
      const int largest = largest_byte(from, layer.channels) - layer.zero;
      const ptrdiff_t first = 256 * static_cast<ptrdiff_t>(largest > 0 ? largest : 0);
      look_up(ByteTable(layer.entries + first), from, layer.channels, to);
    });
  }
}
