// EVT 3.0: https://docs.prophesee.ai/stable/data/encoding_formats/evt3.html
#include <bit>
#include <utility>

#include "host/events/formats.hpp"
#include "host/events/record_reader.hpp"

namespace flashcell {
namespace {

enum Word : uint32_t {
  kAddressY = 0x0,
  kAddressX = 0x2,
  kVectorBaseX = 0x3,
  kVector12 = 0x4,
  kVector8 = 0x5,
  kTimeLow = 0x6,
  kTimeHigh = 0x8,
};
constexpr int kTimeBits = 24;

class Evt3Reader final : public RecordReader<Evt3Reader, 2, 12> {
 public:
  Evt3Reader(Bytes bytes, const PercentHeader& header, std::string name)
      : RecordReader(std::move(bytes), header.bytes, std::move(name)) {
    info_.format = "EVT3";
    info_.width = header.width() > 0 ? header.width() : 1280;
    info_.height = header.height() > 0 ? header.height() : 720;
  }

 private:
  friend RecordReader;

  struct State {
    UnwrappedCounter high_time{kTimeBits};
    int64_t time_us = 0;
    uint32_t x = 0;  // where the next vector begins
    uint16_t y = 0;
    bool on = false;          // of vectors
    bool time_known = false;  // events before the first time are left out
  };

  /// The base's, with the state in registers.
  size_t take_records(const uint8_t* bytes, size_t words, Event*& next, const Event* full) {
    State s = state_;
    Event* out = next;
    size_t i = 0;
    for (; i < words && out <= full; ++i) {
      const uint32_t word = bytes[2 * i] | static_cast<uint32_t>(bytes[2 * i + 1]) << 8;
      switch (word >> 12) {
        case kAddressX:
          *out = {s.time_us, static_cast<uint16_t>(word & 0x7FF), s.y, (word & 0x800) != 0};
          out += s.time_known;
          break;
        case kAddressY:
          s.y = static_cast<uint16_t>(word & 0x7FF);
          break;
        case kVectorBaseX:
          s.x = word & 0x7FF;
          s.on = (word & 0x800) != 0;
          break;
        case kVector12:
          out = spread(word & 0xFFF, s, out);
          s.x += 12;
          break;
        case kVector8:
          out = spread(word & 0xFF, s, out);
          s.x += 8;
          break;
        case kTimeLow:
          s.time_us = (s.time_us & ~int64_t{0xFFF}) | (word & 0xFFF);
          break;
        case kTimeHigh:
          // The low bits follow in a word of their own.
          s.time_us = s.high_time(int64_t{word & 0xFFF} << 12);
          s.time_known = true;
          break;
        default:
          break;  // triggers and what vendors add
      }
    }
    state_ = s;
    next = out;
    return i;
  }

  static Event* spread(uint32_t valid, const State& s, Event* out) {
    if (!s.time_known) return out;
    for (; valid != 0; valid &= valid - 1) {
      const uint32_t x = s.x + static_cast<uint32_t>(std::countr_zero(valid));
      *out++ = {s.time_us, static_cast<uint16_t>(x), s.y, s.on};
    }
    return out;
  }

  State state_;
};

}  // namespace

std::unique_ptr<EventReader> open_evt3(Bytes bytes, const PercentHeader& header, const std::string& name) {
  return std::make_unique<Evt3Reader>(std::move(bytes), header, name);
}

}  // namespace flashcell
