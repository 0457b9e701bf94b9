#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/streamed_file.hpp"
#include "host/events/event_writer.hpp"

namespace flashcell {

/// AEDAT 4.0 (iniVation, "AEDAT 4.0 file format"), not compressed: the version line; the header, a FlatBuffers table
/// IOHeader with the streams described in XML; packets, each its stream and size and a FlatBuffers table EventPacket;
/// at the end the FlatBuffers table FileDataTable that says where each packet lies, how many events it has, from when
/// to when. One stream of events, packets of at most 10 ms.
class Aedat4Writer : public EventWriter {
 public:
  /// Sensors up to 32767x32767; Error(Fault::input) for larger ones.
  Aedat4Writer(const std::filesystem::path& path, int width, int height);

  void write(std::span<const Event> events) override;
  void finish() override;

 private:
  struct Packet {
    int64_t offset;  // of its FlatBuffers table, behind stream and size
    int32_t size;    // bytes
    int64_t count, first_us, last_us;
  };

  void write_packet();

  StreamedFile file_;
  std::string name_, bytes_;
  int width_, height_;
  int64_t time_ = INT64_MIN;
  std::vector<Event> waiting_;
  std::vector<Packet> packets_;
};

}  // namespace flashcell
