#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/random_reader.hpp"
#include "pipeline/event.hpp"

namespace flashcell {

/// What a recording of events says of itself.
struct EventRecordingInfo {
  std::string format;                   ///< "EVT3", "AEDAT 4", ...
  int width = 0;                        ///< pixels; from the file, or its format's sensor
  int height = 0;                       ///< pixels
  std::optional<uint64_t> event_count;  ///< where the file says it, or its size does
};

/// A recording of an event camera, read once from its beginning. Events are as the file has them: their times may run
/// back, their places may lie outside of the sensor.
class EventReader {
 public:
  virtual ~EventReader() = default;
  virtual const EventRecordingInfo& info() const = 0;

  /// Fills `out` from its beginning with the next events in the file's order; how many, 0 at the end. A truncated or
  /// damaged file: every whole event is delivered first, then this throws Error(Fault::input).
  virtual size_t read(std::span<Event> out) = 0;
};

/// Opens a recording whatever its format, told by its contents, then by its name. Formats of records are taken from
/// where the file is mapped, those of packets read in blocks; either may be cut meanwhile and gives its whole events.
/// Throws Error(Fault::input).
std::unique_ptr<EventReader> open_events(const std::filesystem::path& path);

/// The same of bytes that lie anywhere, under a name for messages; HDF5 needs a file.
std::unique_ptr<EventReader> open_events(std::shared_ptr<const RandomReader> bytes, const std::string& name);

/// Whether a file looks as if open_events() could open it. False for what cannot be read.
bool holds_events(const std::filesystem::path& path);

}  // namespace flashcell
