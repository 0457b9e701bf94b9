// AEDAT 4: https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-4.0.html. A header, then
// packets, each compressed by itself; header and packets are FlatBuffers.
#include <fmt/format.h>
#include <tinyxml2.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/little_endian.hpp"
#include "base/xml.hpp"
#include "host/events/block_reader.hpp"
#include "host/events/decoding_reader.hpp"
#include "host/events/flat_table.hpp"
#include "host/events/formats.hpp"
#include "host/events/unpack.hpp"
#include "kernels_hls/contract/limits.hpp"

namespace flashcell {
namespace {

constexpr uint64_t kMagicBytes = 14, kMostHeaderBytes = uint64_t{16} << 20, kMostPacketBytes = uint64_t{64} << 20;
constexpr size_t kEventBytes = 16, kPacketHeaderBytes = 8;

struct Header {
  Packing packing = Packing::none;
  uint64_t bytes = 0;        // where the packets begin
  uint64_t packets_end = 0;  // where they end; the table of packets follows
  uint32_t stream = 0;       // of events
  int width = 0, height = 0;
};

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw Error(Fault::input, name + ": " + what);
}

// The text of <attr key="key"> right below `node`; "" without one.
std::string_view attribute(const tinyxml2::XMLElement& node, std::string_view key) {
  for (const auto* a = node.FirstChildElement("attr"); a != nullptr; a = a->NextSiblingElement("attr")) {
    const char* name = a->Attribute("key");
    if (name != nullptr && key == name) return a->GetText() != nullptr ? a->GetText() : "";
  }
  return "";
}

const tinyxml2::XMLElement* child(const tinyxml2::XMLElement& node, std::string_view name) {
  for (const auto* c = node.FirstChildElement("node"); c != nullptr; c = c->NextSiblingElement("node")) {
    const char* own = c->Attribute("name");
    if (own != nullptr && name == own) return c;
  }
  return nullptr;
}

int to_side(std::string_view text, const std::string& name) {
  int side = 0;
  for (const char c : text) side = c >= '0' && c <= '9' && side < 100'000 ? 10 * side + (c - '0') : 100'000;
  if (side < 1 || side > contract::kMaxFrameSide)
    refuse(name, fmt::format("states a sensor of {} px a side; 1 to {} are read", text.substr(0, 20),
                             contract::kMaxFrameSide));
  return side;
}

// Finds the first stream of events.
void read_streams(std::string_view xml, const std::string& name, Header& header) {
  tinyxml2::XMLDocument document;
  if (const std::string fault = read_xml(xml, document); !fault.empty())
    refuse(name, "the list of streams in its header is damaged: " + fault);
  const tinyxml2::XMLElement* root = document.RootElement();
  const tinyxml2::XMLElement* streams = root != nullptr ? child(*root, "outInfo") : nullptr;
  const auto* stream = streams != nullptr ? streams->FirstChildElement("node") : nullptr;
  for (; stream != nullptr; stream = stream->NextSiblingElement("node")) {
    const tinyxml2::XMLElement* info = child(*stream, "info");
    if (attribute(*stream, "typeIdentifier") != "EVTS" || info == nullptr) continue;
    header.stream = static_cast<uint32_t>(stream->UnsignedAttribute("name"));
    header.width = to_side(attribute(*info, "sizeX"), name);
    header.height = to_side(attribute(*info, "sizeY"), name);
    return;
  }
  refuse(name, "holds no stream of events");
}

Header read_header(const RandomReader& bytes, const std::string& name) {
  const auto size = little_endian<uint32_t>(bytes, kMagicBytes);
  if (!size || *size > kMostHeaderBytes) refuse(name, "its header is damaged");
  std::vector<uint8_t> buffer(*size);
  if (!bytes.read(kMagicBytes + 4, buffer)) refuse(name, "ends within its header: it is truncated");
  const std::optional<FlatTable> table = FlatTable::root(buffer);
  const auto packing = table ? table->number<uint32_t>(0, 0) : std::nullopt;
  const auto end = table ? table->number<uint64_t>(1, ~uint64_t{0}) : std::nullopt;
  const auto xml = table ? table->items(2, 1) : std::nullopt;
  if (!packing || !end || !xml) refuse(name, "its header is damaged");
  if (*packing > static_cast<uint32_t>(Packing::zstd_high))
    refuse(name, fmt::format("its packets are compressed in a way ({}) that is not known here", *packing));
  Header header;
  header.packing = static_cast<Packing>(*packing);
  header.bytes = kMagicBytes + 4 + *size;
  // A recording that was not ended has no table of packets: -1.
  header.packets_end = std::min<uint64_t>(*end, bytes.size());
  read_streams({reinterpret_cast<const char*>(xml->data()), xml->size()}, name, header);
  return header;
}

class Aedat4Reader final : public DecodingReader {
 public:
  Aedat4Reader(Bytes bytes, const Header& header, std::string name)
      : DecodingReader(std::move(name)), file_(std::move(bytes), header.bytes), header_(header) {
    info_.format = "AEDAT 4";
    info_.width = header.width;
    info_.height = header.height;
  }

 protected:
  size_t decode(Event* out, size_t room) override {
    Event* const begin = out;
    const Event* const end = out + room;
    while (out < end && (!events_.empty() || begin_packet())) {
      const size_t count = std::min<size_t>(events_.size() / kEventBytes, static_cast<size_t>(end - out));
      for (size_t i = 0; i < count; ++i) *out++ = event_at(events_.subspan(kEventBytes * i, kEventBytes));
      events_ = events_.subspan(kEventBytes * count);
    }
    return static_cast<size_t>(out - begin);
  }

 private:
  static Event event_at(std::span<const uint8_t> at) {
    return {static_cast<int64_t>(*little_endian<uint64_t>(at, 0)), *little_endian<uint16_t>(at, 8),
            *little_endian<uint16_t>(at, 10), at[12] != 0};
  }

  /// Goes to the next packet with events; false at the end.
  bool begin_packet() {
    while (file_.position() < header_.packets_end) {
      const uint64_t start = file_.position();
      const std::span<const uint8_t> head = file_.ahead(kPacketHeaderBytes);
      if (head.size() < kPacketHeaderBytes) {
        ends(start, head.size(), file_.shrank());
        return false;
      }
      const uint32_t stream = *little_endian<uint32_t>(head, 0), size = *little_endian<uint32_t>(head, 4);
      file_.skip(kPacketHeaderBytes);
      if (size > kMostPacketBytes) {
        damaged(fmt::format("the packet at byte {} claims {} bytes: it is damaged", start, size));
        return false;
      }
      if (size > file_.left()) {
        damaged(fmt::format("ends within the packet at byte {}: it is truncated; copy it again", start));
        return false;
      }
      if (stream != header_.stream) {
        file_.skip(size);
        continue;
      }
      const char* fault = unpack_events(file_.ahead(size).first(std::min<size_t>(size, file_.ahead(size).size())));
      file_.skip(size);
      if (fault != nullptr) {
        damaged(fmt::format("the packet at byte {} {}", start, fault));
        return false;
      }
      if (!events_.empty()) return true;
    }
    return false;
  }

  const char* unpack_events(std::span<const uint8_t> packed) {
    constexpr const char* kDamaged = "is damaged";
    events_ = {};
    if (const char* fault = unpack(header_.packing, packed, packet_); fault != nullptr) return fault;
    // Its size stands before the FlatBuffer.
    const std::span<const uint8_t> buffer(packet_);
    if (buffer.size() < 4) return kDamaged;
    const std::optional<FlatTable> table = FlatTable::root(buffer.subspan(4));
    const auto events = table ? table->items(0, kEventBytes) : std::nullopt;
    if (!events) return kDamaged;
    events_ = *events;
    return nullptr;
  }

  BlockReader file_;
  Header header_;
  std::vector<uint8_t> packet_;
  std::span<const uint8_t> events_;  // of the packet, not yet decoded
};

}  // namespace

std::unique_ptr<EventReader> open_aedat4(Bytes bytes, const std::string& name) {
  const Header header = read_header(*bytes, name);
  return std::make_unique<Aedat4Reader>(std::move(bytes), header, name);
}

}  // namespace flashcell
