#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace flashcell::quant {

/// FNV-1a, 64 bits: tells whether two things are the same, not against forgery.
class Hash {
 public:
  Hash& add(std::span<const uint8_t> bytes) {
    for (const uint8_t b : bytes) value_ = (value_ ^ b) * 0x100000001b3U;
    return *this;
  }
  Hash& add(std::string_view text) {
    return add(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())).add(text.size());
  }
  Hash& add(uint64_t number) {
    for (int i = 0; i < 8; ++i) value_ = (value_ ^ ((number >> (8 * i)) & 0xff)) * 0x100000001b3U;
    return *this;
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace flashcell::quant
