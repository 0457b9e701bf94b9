#pragma once
#include <stddef.h>
#include <stdint.h>

#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/contract/qcnn_kernel.hpp"

// 512-bit words of the ports: their fields, and streams of small values that do not care where a word ends.
namespace flashcell {
namespace kernels {

typedef ap_uint<512> Word;
constexpr int kWordBytes = 64;
constexpr int kLanes = static_cast<int>(contract::kQcnnLanes);

/// One value for each lane.
struct Lanes {
  uint8_t value[kLanes];
};

/// The unsigned number of `bytes` bytes at byte `offset` of a word.
inline uint32_t field(const Word& word, int offset, int bytes) {
  return static_cast<uint32_t>(word.range(8 * (offset + bytes) - 1, 8 * offset));
}

inline contract::Requantization requantization_at(const Word& word, int offset) {
  contract::Requantization scale = contract::Requantization();
  scale.multiplier = static_cast<int32_t>(field(word, offset, 4));
  scale.shift = static_cast<uint8_t>(field(word, offset + 4, 1));
  return scale;
}

/// Values of up to 8 bits, or ternary digits, that lie in a port one after the other, taken up to kLanes at a time.
class ValueReader {
 public:
  /// Words from `end_word` on are not read: they are 0. `bits`: of a value, or contract::kTernaryBits.
  ValueReader(const Word* words, uint64_t first_word, uint64_t end_word, int bits)
      : words_(words),
        next_word_(first_word),
        end_word_(end_word),
        ternary_(bits == contract::kTernaryBits),
        bits_(ternary_ ? 1 : bits) {
    shift_in();
    shift_in();
  }

  /// The next `count` values, zero-extended (a ternary digit: 0 to 2); 0 in the other lanes. Reads at most one word.
  Lanes take(int count) {
    FLASHCELL_HLS(INLINE)
    const int in_word = ternary_ ? kDigitsInByte * kWordBytes : 8 * kWordBytes;
    if (place_ >= in_word) {
      shift_in();
      place_ -= in_word;
    }
    Lanes lanes;
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      lanes.value[lane] = lane < count ? value_at(place_ + lane * bits_) : uint8_t{0};
    }
    place_ += count * bits_;
    return lanes;
  }

 private:
  static constexpr int kDigitsInByte = 5;

  uint8_t byte_at(int index) const {
    FLASHCELL_HLS(INLINE)
    return index < 2 * kWordBytes ? buffer_[index] : uint8_t{0};
  }
  uint8_t value_at(int place) const {
    FLASHCELL_HLS(INLINE)
    if (ternary_) {
      int digits = byte_at(place / kDigitsInByte);
      for (int i = 0; i < kDigitsInByte - 1; ++i) {
        FLASHCELL_HLS(UNROLL)
        if (i < place % kDigitsInByte) digits /= 3;
      }
      return static_cast<uint8_t>(digits % 3);
    }
    const int both = byte_at(place / 8) | byte_at(place / 8 + 1) << 8;
    return static_cast<uint8_t>((both >> (place % 8)) & ((1 << bits_) - 1));
  }
  void shift_in() {
    FLASHCELL_HLS(INLINE)
    Word word = 0;
    if (next_word_ < end_word_) word = words_[next_word_++];
    for (int i = 0; i < kWordBytes; ++i) {
      FLASHCELL_HLS(UNROLL)
      buffer_[i] = buffer_[i + kWordBytes];
    }
    for (int i = 0; i < kWordBytes / 8; ++i) {
      FLASHCELL_HLS(UNROLL)
      const uint64_t eight = word.range(64 * i + 63, 64 * i);
      for (int byte = 0; byte < 8; ++byte) {
        FLASHCELL_HLS(UNROLL)
        buffer_[kWordBytes + 8 * i + byte] = static_cast<uint8_t>(eight >> (8 * byte));
      }
    }
  }

  const Word* words_;
  uint64_t next_word_, end_word_;
  bool ternary_;
  int bits_;
  int place_ = 0;  // of the next value, in the buffer of two words: bits, or ternary digits
  uint8_t buffer_[2 * kWordBytes] = {};
};

/// Bytes that go to a port one after the other.
class ByteWriter {
 public:
  ByteWriter(Word* words, uint64_t first_word) : words_(words), next_word_(first_word) {}

  void put(const Lanes& lanes, int count) {
    FLASHCELL_HLS(INLINE)
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      if (lane < count) buffer_[filled_ + lane] = lanes.value[lane];
    }
    filled_ += count;
    if (filled_ >= kWordBytes) {
      write_word();
      for (int i = 0; i < kLanes; ++i) {
        FLASHCELL_HLS(UNROLL)
        buffer_[i] = buffer_[kWordBytes + i];
      }
      filled_ -= kWordBytes;
    }
  }
  /// The last, unfinished word, filled up with zeros.
  void finish() {
    FLASHCELL_HLS(INLINE)
    if (filled_ == 0) return;
    for (int i = 0; i < kWordBytes; ++i) {
      FLASHCELL_HLS(UNROLL)
      if (i >= filled_) buffer_[i] = 0;
    }
    write_word();
    filled_ = 0;
  }

 private:
  void write_word() {
    FLASHCELL_HLS(INLINE)
    Word word = 0;
    for (int i = 0; i < kWordBytes / 8; ++i) {
      FLASHCELL_HLS(UNROLL)
      uint64_t eight = 0;
      for (int byte = 0; byte < 8; ++byte) {
        FLASHCELL_HLS(UNROLL)
        eight |= uint64_t{buffer_[8 * i + byte]} << (8 * byte);
      }
      word.range(64 * i + 63, 64 * i) = eight;
    }
    words_[next_word_++] = word;
  }

  Word* words_;
  uint64_t next_word_;
  int filled_ = 0;
  uint8_t buffer_[kWordBytes + kLanes] = {};
};

}  // namespace kernels
}  // namespace flashcell
