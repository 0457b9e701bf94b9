#include "host/events/aedat4_writer.hpp"

#include <fmt/format.h>

#include <string_view>

#include "base/error.hpp"
#include "host/events/event_order.hpp"

namespace flashcell {
namespace {

constexpr std::string_view kVersion = "#!AER-DAT4.0\r\n";
constexpr int kMostPixels = 32767;  // 16-bit signed coordinates
constexpr int64_t kPacketTime = 10'000;
constexpr size_t kPacketEvents = size_t{1} << 16;
constexpr size_t kEventBytes = 16;
// The table's position in the header, from the file's beginning.
constexpr uint64_t kTablePosition = kVersion.size() + 40;

template <class Number>
void put(std::string& bytes, Number number) {
  for (size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>(static_cast<uint64_t>(number) >> (8 * i));
}

template <class... Numbers>
void put_all(std::string& bytes, Numbers... numbers) {
  (put(bytes, numbers), ...);
}

/// The size of a FlatBuffers table, in front of it, once it is whole.
void set_size(std::string& bytes) {
  std::string size;
  put(size, static_cast<uint32_t>(bytes.size() - 4));
  bytes.replace(0, 4, size);
}

/// A FlatBuffers table whose one field is a vector of `count` elements, up to that vector's first.
void begin_vector_table(std::string& bytes, std::string_view identifier, size_t count) {
  bytes.clear();
  put_all(bytes, uint32_t{0}, uint32_t{16});  // size; where the table is, from here
  bytes += identifier;
  put_all(bytes, uint16_t{0});                                            // aligns
  put_all(bytes, uint16_t{6}, uint16_t{8}, uint16_t{4});                  // its fields: one, at byte 4
  put_all(bytes, int32_t{6}, uint32_t{4}, static_cast<uint32_t>(count));  // back to the fields; the vector; its length
}

std::string stream_description(int width, int height) {
  return fmt::format(R"(<dv version="2.0">
    <node name="outInfo" path="/mainloop/Recorder/outInfo/">
        <node name="0" path="/mainloop/Recorder/outInfo/0/">
            <attr key="compression" type="string">NONE</attr>
            <attr key="originalModuleName" type="string">flashcell</attr>
            <attr key="originalOutputName" type="string">events</attr>
            <attr key="typeDescription" type="string">Array of events (polarity ON/OFF).</attr>
            <attr key="typeIdentifier" type="string">EVTS</attr>
            <node name="info" path="/mainloop/Recorder/outInfo/0/info/">
                <attr key="sizeX" type="int">{}</attr>
                <attr key="sizeY" type="int">{}</attr>
                <attr key="source" type="string">flashcell</attr>
                <attr key="tsOffset" type="long">0</attr>
            </node>
        </node>
    </node>
</dv>
)",
                     width, height);
}

/// IOHeader: compression (int32), dataTablePosition (int64, byte 40), infoNode (string).
std::string header(int width, int height) {
  const std::string description = stream_description(width, height);
  std::string bytes;
  put_all(bytes, uint32_t{0}, uint32_t{24});  // size; where the table is, from here
  bytes += "IOHE";
  bytes.append(6, '\0');                                                               // aligns
  put_all(bytes, uint16_t{10}, uint16_t{20}, uint16_t{4}, uint16_t{12}, uint16_t{8});  // its fields
  put_all(bytes, int32_t{10}, int32_t{0}, uint32_t{12}, int64_t{-1});                  // the table
  put(bytes, static_cast<uint32_t>(description.size()));
  bytes += description;
  bytes.append(8 - bytes.size() % 8, '\0');  // a string ends in zero
  set_size(bytes);
  return bytes;
}

}  // namespace

Aedat4Writer::Aedat4Writer(const std::filesystem::path& path, int width, int height)
    : file_(path), name_(path.string()), width_(width), height_(height) {
  if (width > kMostPixels || height > kMostPixels)
    throw Error(Fault::input, fmt::format("{}: AEDAT 4 holds sensors up to {}x{} pixels, not {}x{}", name_, kMostPixels,
                                          kMostPixels, width, height));
  waiting_.reserve(kPacketEvents);
  file_.write(kVersion);
  file_.write(header(width, height));
}

void Aedat4Writer::write_packet() {
  if (waiting_.empty()) return;
  begin_vector_table(bytes_, "EVTS", waiting_.size());
  for (const Event& event : waiting_) {
    put_all(bytes_, event.time_us, event.x, event.y, static_cast<uint8_t>(event.on));
    bytes_.append(3, '\0');
  }
  set_size(bytes_);
  std::string packet_header;
  put_all(packet_header, int32_t{0}, static_cast<int32_t>(bytes_.size()));
  file_.write(packet_header);
  packets_.push_back({static_cast<int64_t>(file_.size()), static_cast<int32_t>(bytes_.size()),
                      static_cast<int64_t>(waiting_.size()), waiting_.front().time_us, waiting_.back().time_us});
  file_.write(bytes_);
  waiting_.clear();
}

void Aedat4Writer::write(std::span<const Event> events) {
  check_events(name_, events, width_, height_, time_);
  for (const Event& event : events) {
    if (waiting_.size() == kPacketEvents ||
        (!waiting_.empty() && event.time_us - waiting_.front().time_us >= kPacketTime))
      write_packet();
    waiting_.push_back(event);
  }
  if (!events.empty()) time_ = events.back().time_us;
}

void Aedat4Writer::finish() {
  write_packet();
  const uint64_t position = file_.size();
  begin_vector_table(bytes_, "FTAB", packets_.size());
  // FileDataDefinition: ByteOffset, PacketInfo (stream, size), NumElements, TimestampStart, TimestampEnd.
  constexpr size_t kFieldBytes = 14, kDefinitionBytes = 48;
  const size_t offsets = bytes_.size();
  const size_t fields = offsets + 4 * packets_.size();
  const size_t first = (fields + kFieldBytes + 3) / 8 * 8 + 4;  // its 64-bit fields lie at multiples of eight
  for (size_t i = 0; i < packets_.size(); ++i)
    put(bytes_, static_cast<uint32_t>(first + kDefinitionBytes * i - (offsets + 4 * i)));
  put_all(bytes_, uint16_t{kFieldBytes}, uint16_t{44}, uint16_t{4}, uint16_t{12}, uint16_t{20}, uint16_t{28},
          uint16_t{36});
  for (size_t i = 0; i < packets_.size(); ++i) {
    const size_t place = first + kDefinitionBytes * i;
    bytes_.resize(place, '\0');
    const Packet& packet = packets_[i];
    put_all(bytes_, static_cast<int32_t>(place - fields), packet.offset, int32_t{0}, packet.size, packet.count,
            packet.first_us, packet.last_us);
  }
  bytes_.append((8 - bytes_.size() % 8) % 8, '\0');
  set_size(bytes_);
  file_.write(bytes_);
  std::string table;
  put(table, position);
  file_.overwrite(kTablePosition, table);
  file_.finish();
}

}  // namespace flashcell
