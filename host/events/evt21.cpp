// EVT 2.1: https://docs.prophesee.ai/stable/data/encoding_formats/evt21.html
#include <bit>
#include <utility>

#include "host/events/formats.hpp"
#include "host/events/record_reader.hpp"

namespace flashcell {
namespace {

constexpr uint64_t kOn = 0x1, kTimeHigh = 0x8;  // 0x0 is off
constexpr int kLowTimeBits = 6, kTimeBits = 28 + kLowTimeBits;

uint32_t half_word(const uint8_t* at) {
  return at[0] | static_cast<uint32_t>(at[1]) << 8 | static_cast<uint32_t>(at[2]) << 16 |
         static_cast<uint32_t>(at[3]) << 24;
}

class Evt21Reader final : public RecordReader<Evt21Reader, 8, 32> {
 public:
  Evt21Reader(Bytes bytes, const PercentHeader& header, std::string name)
      : RecordReader(std::move(bytes), header.bytes, std::move(name)), upper_half_first_(has_upper_half_first(header)) {
    info_.format = "EVT2.1";
    info_.width = header.width() > 0 ? header.width() : 1280;
    info_.height = header.height() > 0 ? header.height() : 720;
  }

 private:
  friend RecordReader;

  /// IMX636 sends the upper half of a word first, each half little-endian; GenX320 the whole word little-endian. Files
  /// that do not say it are of the former.
  static bool has_upper_half_first(const PercentHeader& header) {
    const std::string format = header.field("format"), order = header.field("endianness");
    if (format.find("endianness=legacy") != std::string::npos || order == "legacy") return true;
    return format.empty() && order != "little";
  }

  void take(const uint8_t* at, Event*& out) {
    const uint64_t first = half_word(at), second = half_word(at + 4);
    const uint64_t word = upper_half_first_ ? first << 32 | second : second << 32 | first;
    const uint64_t kind = word >> 60;
    if (kind == kTimeHigh) {
      state_.high_us = state_.time(static_cast<int64_t>(word >> 32 & 0x0FFFFFFF) << kLowTimeBits);
      state_.time_known = true;
    } else if (kind <= kOn && state_.time_known) {
      const int64_t time_us = state_.high_us | static_cast<int64_t>(word >> 54 & 0x3F);
      const auto x = static_cast<uint32_t>(word >> 43 & 0x7FF);
      const auto y = static_cast<uint16_t>(word >> 32 & 0x7FF);
      for (auto valid = static_cast<uint32_t>(word); valid != 0; valid &= valid - 1)
        *out++ = {time_us, static_cast<uint16_t>(x + static_cast<uint32_t>(std::countr_zero(valid))), y, kind == kOn};
    }
  }

  bool upper_half_first_;
  struct State {
    UnwrappedCounter time{kTimeBits};
    int64_t high_us = 0;
    bool time_known = false;
  } state_;
};

}  // namespace

std::unique_ptr<EventReader> open_evt21(Bytes bytes, const PercentHeader& header, const std::string& name) {
  return std::make_unique<Evt21Reader>(std::move(bytes), header, name);
}

}  // namespace flashcell
