#pragma once
#include <filesystem>
#include <memory>
#include <span>

#include "pipeline/event.hpp"

namespace flashcell {

/// Writes a recording of events. Nothing lies under the file's name before finish(); what was there stays until then.
class EventWriter {
 public:
  virtual ~EventWriter() = default;

  /// Events in the order of their times. Throws Error(Fault::input) when the disk does not take them.
  virtual void write(std::span<const Event> events) = 0;

  /// Completes the file and gives it its name.
  virtual void finish() = 0;
};

/// A writer of the format that the name's ending tells: `.aedat4` (AEDAT 4) or `.raw` (EVT3), for a sensor of `width` x
/// `height` pixels. Throws Error(Fault::usage) for another ending, Error(Fault::input) where it cannot be written.
std::unique_ptr<EventWriter> write_events(const std::filesystem::path& path, int width, int height);

}  // namespace flashcell
