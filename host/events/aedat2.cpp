// AEDAT 2.0, as jAER writes it: text lines that begin with '#', then a big-endian address and time of 32 bits an event.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "host/events/formats.hpp"
#include "host/events/record_reader.hpp"

namespace flashcell {
namespace {

constexpr uint64_t kMostHeaderBytes = uint64_t{4} << 20;
constexpr int kTimeBits = 32;

uint32_t big_endian(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 | static_cast<uint32_t>(at[2]) << 8 |
         at[3];
}

// Data may begin with '#', too, but hardly with a whole line of text.
bool is_text(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](unsigned char c) { return c >= 0x20 || c == '\t' || c == '\r'; });
}

struct Header {
  std::string chip;
  uint64_t bytes = 0;
};

Header read_header(const RandomReader& bytes) {
  Header header;
  std::vector<uint8_t> text(std::min(bytes.size(), kMostHeaderBytes));
  if (!bytes.read(0, text)) return header;
  const std::string_view all(reinterpret_cast<const char*>(text.data()), text.size());
  constexpr std::string_view kChip = "# AEChip: ", kEnd = "#End Of ASCII Header";
  while (header.bytes < all.size() && all[header.bytes] == '#') {
    const size_t end = all.find('\n', header.bytes);
    if (end == std::string_view::npos) break;
    std::string_view line = all.substr(header.bytes, end - header.bytes);
    if (!is_text(line)) break;
    header.bytes = end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.substr(0, kChip.size()) == kChip) header.chip = line.substr(kChip.size());
    if (line == kEnd) break;
  }
  return header;
}

// How a chip's addresses are read. jAER's pictures begin at the bottom, ours at the top; both kinds send x from the
// right.
struct Chip {
  std::string_view name;
  int width, height;
  bool davis;
};
constexpr Chip kChips[] = {{"DAVIS346", 346, 260, true}, {"Davis346", 346, 260, true}, {"DAVIS640", 640, 480, true},
                           {"DAVIS240", 240, 180, true}, {"Davis240", 240, 180, true}, {"DVS128", 128, 128, false}};

const Chip& chip_named(const std::string& name) {
  const Chip* found = std::find_if(std::begin(kChips), std::end(kChips),
                                   [&name](const Chip& c) { return name.find(c.name) != std::string::npos; });
  return found != std::end(kChips) ? *found : kChips[std::size(kChips) - 1];  // the first that there was
}

class Aedat2Reader final : public RecordReader<Aedat2Reader, 8> {
 public:
  Aedat2Reader(Bytes bytes, const Header& header, std::string name)
      : RecordReader(std::move(bytes), header.bytes, std::move(name)), chip_(chip_named(header.chip)) {
    info_.format = "AEDAT 2.0";
    info_.width = chip_.width;
    info_.height = chip_.height;
  }

 private:
  friend RecordReader;

  void take(const uint8_t* at, Event*& out) {
    const int64_t time_us = state_(big_endian(at + 4));
    chip_.davis ? take_davis(big_endian(at), time_us, out) : take_dvs(big_endian(at), time_us, out);
  }
  /// Samples of frames and of the motion sensor have bit 31, events of the outside bit 10.
  void take_davis(uint32_t address, int64_t time_us, Event*& out) const {
    constexpr uint32_t kNoEvent = uint32_t{1} << 31 | uint32_t{1} << 10;
    put(address >> 12 & 0x3FF, address >> 22 & 0x1FF, (address & 0x800) != 0, time_us, out);
    out += (address & kNoEvent) == 0;
  }
  void take_dvs(uint32_t address, int64_t time_us, Event*& out) const {
    put(address >> 1 & 0x7F, address >> 8 & 0x7F, (address & 1) == 0, time_us, out);
    out += (address & 0xFFFF8000) == 0;
  }
  /// What lies outside of the sensor wraps to places far outside.
  void put(uint32_t x, uint32_t y, bool on, int64_t time_us, Event* out) const {
    *out = {time_us, static_cast<uint16_t>(static_cast<uint32_t>(chip_.width) - 1 - x),
            static_cast<uint16_t>(static_cast<uint32_t>(chip_.height) - 1 - y), on};
  }

  const Chip& chip_;
  UnwrappedCounter state_{kTimeBits};  // of time
};

}  // namespace

std::unique_ptr<EventReader> open_aedat2(Bytes bytes, const std::string& name) {
  const Header header = read_header(*bytes);
  return std::make_unique<Aedat2Reader>(std::move(bytes), header, name);
}

}  // namespace flashcell
