#pragma once
#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/contract/cell_label_launch.hpp"

// 512-bit words of the board's memory, as eight lanes of 64 bits.
namespace flashcell {
namespace kernels {

using Word = ap_uint<512>;
constexpr int kLanes = 8;

inline uint64_t lane(const Word& word, int index) {
  return static_cast<uint64_t>(word.range(64 * index + 63, 64 * index));
}

inline Word word_of(const uint64_t lanes[kLanes]) {
  Word word = 0;
  for (int i = 0; i < kLanes; ++i) {
    FLASHCELL_HLS(UNROLL)
    word.range(64 * i + 63, 64 * i) = lanes[i];
  }
  return word;
}

/// The unsigned little-endian number of `bytes` bytes, at most 8 and within one lane, that begins at byte `offset`.
inline uint64_t number_at(const Word& word, int offset, int bytes) {
  const uint64_t value = lane(word, offset / 8) >> (8 * (offset % 8));
  return bytes == 8 ? value : value & ((uint64_t{1} << (8 * bytes)) - 1);
}

/// Two neighbouring 32-bit fields.
inline uint64_t pair_of(uint64_t low, uint64_t high) {
  return low | high << 32;
}

}  // namespace kernels
}  // namespace flashcell
