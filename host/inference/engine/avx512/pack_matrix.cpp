// Matrices as convolutions on AVX-512 with VNNI read weights: four rows of 16 columns a vector.
#include "host/inference/engine/avx512/layers.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace flashcell::host::inference::avx512 {
namespace {

constexpr int kRows = 4;  // of a vector

/// Bytes of the rows that exist, of every column.
inline __m512i existing_rows(int rows) {
  return _mm512_set1_epi32(rows >= kRows ? -1 : (1 << (8 * rows)) - 1);
}

/// Columns that lie side by side.
inline __m512i join_rows(const Matrix& m, const uint8_t* from, int rows, __mmask16 columns) {
  const __m128i zero = _mm_set1_epi8(static_cast<char>(m.zero));
  const auto load = [&](int row) { return row < rows ? _mm_mask_loadu_epi8(zero, columns, from + row * m.row) : zero; };
  const __m128i a = load(0), b = load(1), c = load(2), d = load(3);
  const __m128i ab_low = _mm_unpacklo_epi8(a, b), ab_high = _mm_unpackhi_epi8(a, b);
  const __m128i cd_low = _mm_unpacklo_epi8(c, d), cd_high = _mm_unpackhi_epi8(c, d);
  __m512i all = _mm512_castsi128_si512(_mm_unpacklo_epi16(ab_low, cd_low));
  all = _mm512_inserti32x4(all, _mm_unpackhi_epi16(ab_low, cd_low), 1);
  all = _mm512_inserti32x4(all, _mm_unpacklo_epi16(ab_high, cd_high), 2);
  return _mm512_inserti32x4(all, _mm_unpackhi_epi16(ab_high, cd_high), 3);
}

/// Rows that lie side by side: four bytes of every column, four times. Reads up to 15 bytes beyond the last row.
inline void transpose_rows(const Matrix& m, const uint8_t* from, int columns, __m512i (&to)[4]) {
  const auto load = [&](int column) {
    return column < columns ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + column * m.column))
                            : _mm_set1_epi8(static_cast<char>(m.zero));
  };
  const auto fourth = [&](int first) {
    __m512i lanes = _mm512_castsi128_si512(load(first));
    lanes = _mm512_inserti32x4(lanes, load(first + 4), 1);
    lanes = _mm512_inserti32x4(lanes, load(first + 8), 2);
    return _mm512_inserti32x4(lanes, load(first + 12), 3);
  };
  const __m512i a = fourth(0), b = fourth(1), c = fourth(2), d = fourth(3);
  const __m512i ab_low = _mm512_unpacklo_epi32(a, b), ab_high = _mm512_unpackhi_epi32(a, b);
  const __m512i cd_low = _mm512_unpacklo_epi32(c, d), cd_high = _mm512_unpackhi_epi32(c, d);
  to[0] = _mm512_unpacklo_epi64(ab_low, cd_low);
  to[1] = _mm512_unpackhi_epi64(ab_low, cd_low);
  to[2] = _mm512_unpacklo_epi64(ab_high, cd_high);
  to[3] = _mm512_unpackhi_epi64(ab_high, cd_high);
}

/// Anything else.
inline __m512i collect(const Matrix& m, const uint8_t* from, int rows, int columns) {
  alignas(64) uint8_t bytes[64];
  for (int column = 0; column < kBlock; ++column) {
    for (int row = 0; row < kRows; ++row) {
      const bool exists = row < rows && column < columns;
      bytes[column * kRows + row] = exists ? from[row * m.row + column * m.column] : static_cast<uint8_t>(m.zero);
    }
  }
  return _mm512_load_si512(bytes);
}

}  // namespace

void pack_matrix(const Matrix& m, void* packed, int32_t* sums) {
  const __m512i zero = _mm512_set1_epi8(static_cast<char>(m.zero)), ones = _mm512_set1_epi8(1);
  auto* to = static_cast<uint8_t*>(packed);
  for (int column = 0; column < m.columns; column += kBlock) {
    const int columns = m.columns - column < kBlock ? m.columns - column : kBlock;
    const auto mask = static_cast<__mmask16>((1u << columns) - 1);
    __m512i sum = _mm512_setzero_si512();
    const auto put = [&](__m512i bytes, int rows) {
      const __m512i values = _mm512_and_si512(_mm512_sub_epi8(bytes, zero), existing_rows(rows));
      _mm512_storeu_si512(to, values);
      sum = _mm512_dpbusd_epi32(sum, ones, values);
      to += 64;
    };
    const uint8_t* from = m.first + column * m.column;
    int row = 0;
    for (; m.row == 1 && row < m.rows; row += 4 * kRows) {
      __m512i fours[4];
      transpose_rows(m, from + row, columns, fours);
      for (int i = 0; i < 4 && row + i * kRows < m.rows; ++i) put(fours[i], m.rows - row - i * kRows);
    }
    for (; row < m.rows; row += kRows) {
      const uint8_t* first = from + row * m.row;
      put(m.column == 1 ? join_rows(m, first, m.rows - row, mask) : collect(m, first, m.rows - row, columns),
          m.rows - row);
    }
    _mm512_storeu_si512(sums + column, sum);
  }
}

}  // namespace flashcell::host::inference::avx512
#endif
