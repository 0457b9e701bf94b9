// AEDAT 3.1, as cAER writes it: text lines, then packets of events of one type.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/little_endian.hpp"
#include "host/events/block_reader.hpp"
#include "host/events/decoding_reader.hpp"
#include "host/events/formats.hpp"

namespace flashcell {
namespace {

constexpr uint64_t kMostHeaderBytes = uint64_t{1} << 20;
constexpr size_t kPacketHeaderBytes = 28, kPolarityBytes = 8;
constexpr uint16_t kPolarity = 1;

struct Header {
  std::string format, source;
  uint64_t bytes = 0;
};

Header read_header(const RandomReader& bytes, const std::string& name) {
  Header header;
  std::vector<uint8_t> text(std::min(bytes.size(), kMostHeaderBytes));
  bytes.read(0, text);
  const std::string_view all(reinterpret_cast<const char*>(text.data()), text.size());
  constexpr std::string_view kEnd = "#!END-HEADER", kFormat = "#Format: ", kSource = "#Source ";
  while (header.bytes < all.size()) {
    const size_t end = all.find('\n', header.bytes);
    if (end == std::string_view::npos) break;
    std::string_view line = all.substr(header.bytes, end - header.bytes);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    header.bytes = end + 1;
    if (line == kEnd) return header;
    if (line.substr(0, kFormat.size()) == kFormat) header.format = line.substr(kFormat.size());
    if (line.substr(0, kSource.size()) == kSource && header.source.empty()) header.source = line;
  }
  throw Error(Fault::input, name + ": an AEDAT 3.1 header without its end, #!END-HEADER: it is truncated");
}

struct Chip {
  std::string_view name;
  int width, height;
};
constexpr Chip kChips[] = {{"DAVIS240", 240, 180}, {"DAVIS346", 346, 260},  {"DAVIS640", 640, 480},
                           {"DVS128", 128, 128},   {"DVXplorer", 640, 480}, {"DYNAPSE", 64, 64}};
constexpr Chip kUsual{"", 346, 260};

const Chip& chip_named(const std::string& source) {
  for (const Chip& chip : kChips) {
    if (source.find(chip.name) != std::string::npos) return chip;
  }
  return kUsual;
}

class Aedat3Reader final : public DecodingReader {
 public:
  Aedat3Reader(Bytes bytes, const Header& header, std::string name)
      : DecodingReader(std::move(name)), file_(std::move(bytes), header.bytes) {
    const Chip& chip = chip_named(header.source);
    info_.format = "AEDAT 3.1";
    info_.width = chip.width;
    info_.height = chip.height;
  }

 protected:
  size_t decode(Event* out, size_t room) override {
    Event* const begin = out;
    const Event* const end = out + room;
    while (out < end && (events_ > 0 || begin_packet())) {
      const std::span<const uint8_t> bytes = file_.ahead(kPolarityBytes);
      const size_t events = std::min<uint64_t>(bytes.size() / kPolarityBytes, events_);
      if (events == 0) {
        damaged(fmt::format("ends within a packet, {} events before its end: it is truncated; copy it again", events_));
        break;
      }
      size_t i = 0;
      for (; i < events && out < end; ++i) take(bytes.subspan(kPolarityBytes * i), out);
      file_.skip(kPolarityBytes * i);
      events_ -= i;
    }
    return static_cast<size_t>(out - begin);
  }

 private:
  /// Goes to the next packet of polarity events; false at the end.
  bool begin_packet() {
    for (;;) {
      const std::span<const uint8_t> bytes = file_.ahead(kPacketHeaderBytes);
      if (bytes.size() < kPacketHeaderBytes) {
        ends(file_.position(), bytes.size(), file_.shrank());
        return false;
      }
      const uint16_t type = *little_endian<uint16_t>(bytes, 0);
      const uint64_t size = *little_endian<uint32_t>(bytes, 4), number = *little_endian<uint32_t>(bytes, 20);
      turns_us_ = static_cast<int64_t>(*little_endian<uint32_t>(bytes, 12) & 0x7FFFFFFF) << 31;
      if (number > 0x7FFFFFFF || size > 0x7FFFFFFF || (type == kPolarity && size != kPolarityBytes)) {
        damaged(fmt::format("the packet at byte {} has {} events of {} bytes: it is damaged", file_.position(), number,
                            size));
        return false;
      }
      file_.skip(kPacketHeaderBytes);
      if (type == kPolarity) events_ = number;
      if (events_ > 0) return true;
      if (type != kPolarity && size * number > file_.left()) {
        damaged("ends within a packet: it is truncated; copy it again");
        return false;
      }
      if (type != kPolarity) file_.skip(size * number);
    }
  }

  void take(std::span<const uint8_t> bytes, Event*& out) const {
    const uint32_t data = *little_endian<uint32_t>(bytes, 0), time = *little_endian<uint32_t>(bytes, 4);
    *out = {turns_us_ + int64_t{time & 0x7FFFFFFF}, static_cast<uint16_t>(data >> 17),
            static_cast<uint16_t>(data >> 2 & 0x7FFF), (data & 2) != 0};
    out += data & 1;  // valid
  }

  BlockReader file_;
  uint64_t events_ = 0;  // left in the packet
  int64_t turns_us_ = 0;
};

}  // namespace

std::unique_ptr<EventReader> open_aedat3(Bytes bytes, const std::string& name) {
  const Header header = read_header(*bytes, name);
  if (!header.format.empty() && header.format != "RAW")
    throw Error(Fault::input,
                fmt::format("{}: AEDAT 3.1 in the form {}; only RAW is read: record it so", name, header.format));
  return std::make_unique<Aedat3Reader>(std::move(bytes), header, name);
}

}  // namespace flashcell
