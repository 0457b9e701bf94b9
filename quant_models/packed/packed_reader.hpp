#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {

/// Reads a packed file from front to back; whoever asks beyond the end learns what is missing. Throws ModelError.
class PackedReader {
 public:
  PackedReader(std::span<const uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const { throw ModelError(name_ + ": " + what); }

  std::span<const uint8_t> take(uint64_t count, const char* what) {
    if (count > bytes_.size() - next_) {
      fail(std::string("ends inside of ") + what + " at byte " + std::to_string(next_) + "; copy or export it again");
    }
    next_ += count;
    return bytes_.subspan(next_ - count, count);
  }
  template <class T>
  T number(const char* what) {
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }
  std::string text(const char* what) {
    const auto bytes = take(number<uint16_t>(what), what);
    return {bytes.begin(), bytes.end()};
  }
  /// `count` descriptors, then the gap up to the next multiple of 64 bytes.
  template <class T>
  std::vector<T> table(uint64_t count, uint64_t most, const char* what) {
    if (count > most) fail(std::string("has too many ") + what + ": " + std::to_string(count));
    const auto bytes = take(count * sizeof(T), what);
    std::vector<T> table(count);
    if (!bytes.empty()) std::memcpy(table.data(), bytes.data(), bytes.size());
    for (const uint8_t byte : take((64 - next_ % 64) % 64, what)) {
      if (byte != 0) fail(std::string("has bytes between its tables, after the ") + what);
    }
    return table;
  }
  uint64_t position() const { return next_; }

 private:
  std::span<const uint8_t> bytes_;
  const std::string& name_;
  uint64_t next_ = 0;
};

}  // namespace flashcell::quant
