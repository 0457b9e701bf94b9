#pragma once
#include <cstddef>
#include <cstdint>

namespace flashcell::host {

/// Bytes that `count` packed samples take.
constexpr uint64_t packed_bytes(uint64_t count, int bits) {
  return (count * static_cast<uint64_t>(bits) + 7) / 8;
}

/// Samples packed most significant bit first: 4 in 5 bytes (10 bits), 2 in 3 bytes (12 bits). `in` has
/// packed_bytes(count, bits).
void unpack_10(const uint8_t* in, size_t count, uint16_t* out);
void unpack_12(const uint8_t* in, size_t count, uint16_t* out);

/// 16-bit samples with their bytes exchanged.
void swap_bytes(const uint8_t* in, size_t count, uint16_t* out);

}  // namespace flashcell::host
