#pragma once
#include <filesystem>
#include <string>

#include "base/streamed_file.hpp"
#include "host/events/event_writer.hpp"

namespace flashcell {

/// EVT 3.0 (Prophesee, "EVT 3.0 Format"): a text header, then 16-bit little-endian words whose upper four bits tell
/// what they are. An event is known by the row, time and x words before it; where one word of twelve pixels takes the
/// place of more than one word, pixels of a row that changed at the same microsecond and in the same direction are a
/// vector. Times are kept to the microsecond: the format holds 24 bits of them, and every wrap is written out, up to
/// 2^40 us.
class Evt3Writer : public EventWriter {
 public:
  /// Sensors up to 2048x2048; Error(Fault::input) for larger ones.
  Evt3Writer(const std::filesystem::path& path, int width, int height);

  void write(std::span<const Event> events) override;
  void finish() override;

 private:
  void put(unsigned type, unsigned value);
  void put_time(int64_t time_us);
  /// The events of one row, time and direction, in ascending x.
  void put_run(std::span<const Event> run);

  StreamedFile file_;
  std::string name_, words_;
  int width_, height_;
  int64_t time_ = 0;  // of the last words
  int row_ = -1;
};

}  // namespace flashcell
