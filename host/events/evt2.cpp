// EVT 2.0: https://docs.prophesee.ai/stable/data/encoding_formats/evt2.html
#include <utility>

#include "host/events/formats.hpp"
#include "host/events/record_reader.hpp"

namespace flashcell {
namespace {

constexpr uint32_t kOn = 0x1, kTimeHigh = 0x8;  // 0x0 is off
constexpr int kLowTimeBits = 6, kTimeBits = 28 + kLowTimeBits;

class Evt2Reader final : public RecordReader<Evt2Reader, 4> {
 public:
  Evt2Reader(Bytes bytes, const PercentHeader& header, std::string name)
      : RecordReader(std::move(bytes), header.bytes, std::move(name)) {
    info_.format = "EVT2";
    info_.width = header.width() > 0 ? header.width() : 640;
    info_.height = header.height() > 0 ? header.height() : 480;
  }

 private:
  friend RecordReader;

  void take(const uint8_t* at, Event*& out) {
    const uint32_t word = at[0] | static_cast<uint32_t>(at[1]) << 8 | static_cast<uint32_t>(at[2]) << 16 |
                          static_cast<uint32_t>(at[3]) << 24;
    const uint32_t kind = word >> 28;
    if (kind <= kOn) {
      *out = {state_.high_us | (word >> 22 & 0x3F), static_cast<uint16_t>(word >> 11 & 0x7FF),
              static_cast<uint16_t>(word & 0x7FF), kind == kOn};
      out += state_.time_known;  // events before the first time are left out
    } else if (kind == kTimeHigh) {
      state_.high_us = state_.time(int64_t{word & 0x0FFFFFFF} << kLowTimeBits);
      state_.time_known = true;
    }
  }

  struct State {
    UnwrappedCounter time{kTimeBits};
    int64_t high_us = 0;
    bool time_known = false;
  } state_;
};

}  // namespace

std::unique_ptr<EventReader> open_evt2(Bytes bytes, const PercentHeader& header, const std::string& name) {
  return std::make_unique<Evt2Reader>(std::move(bytes), header, name);
}

}  // namespace flashcell
