#pragma once
#include <cstdint>
#include <optional>
#include <span>

namespace flashcell {

/// Unsigned little-endian number at byte `offset`; nothing when it does not lie wholly inside.
template <class Unsigned>
std::optional<Unsigned> little_endian(std::span<const uint8_t> bytes, uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Unsigned)) return {};
  Unsigned value = 0;
  for (size_t i = 0; i < sizeof(Unsigned); ++i) {
    value = static_cast<Unsigned>(value | static_cast<Unsigned>(static_cast<Unsigned>(bytes[offset + i]) << (8 * i)));
  }
  return value;
}

}  // namespace flashcell
