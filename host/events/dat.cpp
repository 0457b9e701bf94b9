// Prophesee's .dat: a header of '%' lines, the type and size of events in a byte each, then eight bytes an event.
// https://docs.prophesee.ai/stable/data/file_formats/dat.html
#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "host/events/formats.hpp"
#include "host/events/record_reader.hpp"

namespace flashcell {
namespace {

constexpr size_t kEventBytes = 8;
constexpr int kTimeBits = 32;

uint32_t word_at(const uint8_t* at) {
  return at[0] | static_cast<uint32_t>(at[1]) << 8 | static_cast<uint32_t>(at[2]) << 16 |
         static_cast<uint32_t>(at[3]) << 24;
}

class DatReader final : public RecordReader<DatReader, kEventBytes> {
 public:
  DatReader(Bytes bytes, uint64_t offset, bool first_version, const PercentHeader& header, std::string name)
      : RecordReader(bytes, offset, std::move(name)), first_version_(first_version) {
    info_.format = first_version ? "DAT 1" : "DAT 2";
    info_.width = header.width() > 0 ? header.width() : 304;
    info_.height = header.height() > 0 ? header.height() : 240;
    info_.event_count = (bytes->size() - offset) / kEventBytes;
  }

 private:
  friend RecordReader;

  void take(const uint8_t* at, Event*& out) { *out++ = event_at(at); }
  Event event_at(const uint8_t* at) {
    const int64_t time_us = state_(word_at(at));
    const uint32_t data = word_at(at + 4);
    if (first_version_)
      return {time_us, static_cast<uint16_t>(data & 0x1FF), static_cast<uint16_t>(data >> 9 & 0xFF),
              (data >> 17 & 1) != 0};
    return {time_us, static_cast<uint16_t>(data & 0x3FFF), static_cast<uint16_t>(data >> 14 & 0x3FFF),
            (data >> 28 & 1) != 0};
  }

  bool first_version_;
  UnwrappedCounter state_{kTimeBits};  // of time
};

}  // namespace

std::unique_ptr<EventReader> open_dat(Bytes bytes, const PercentHeader& header, const std::string& name) {
  constexpr uint8_t kChange2d = 0x00, kChange = 0x0C;
  uint8_t kind[2] = {};
  if (!bytes->read(header.bytes, kind)) throw Error(Fault::input, name + ": ends within its header: it is truncated");
  if ((kind[0] != kChange2d && kind[0] != kChange) || kind[1] != kEventBytes) {
    throw Error(Fault::input,
                fmt::format("{}: holds events of type {} and {} bytes; changes of brightness are of type 0 or 12 "
                            "and 8 bytes",
                            name, kind[0], kind[1]));
  }
  return std::make_unique<DatReader>(std::move(bytes), header.bytes + 2, header.field("version") == "1", header, name);
}

}  // namespace flashcell
