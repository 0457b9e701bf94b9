#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random_reader.hpp"
#include "host/source/source_options.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// One whole frame in a recording's bytes.
struct FramePlace {
  uint64_t offset = 0;  ///< of its first pixel byte
  int64_t number = 0;
  std::optional<int64_t> device_time_ns;
};

/// What the parsers of uncompressed formats find: where each whole frame lies and how to read it.
struct FrameLayout {
  SourceInfo info;                      ///< of the delivered frames
  RawPixels pixels = RawPixels::grey8;  ///< as stored
  uint64_t row_bytes = 0;               ///< from a row to the next, where pixels are not packed
  bool bottom_up = false;               ///< the last row comes first
  bool linearize = false;               ///< 10-bit .cine: codes go through its table
  std::vector<FramePlace> frames;       ///< checked: every byte of each lies inside the file
  std::string damage;                   ///< not empty: what to throw after the last whole frame
};

/// Throws Error(Fault::input) unless both sides are 1..4096.
void check_sides(const std::string& name, int64_t width, int64_t height);

/// Throws Error(Fault::input) when a file holds more frames than any recording: FrameLayout lists each.
void check_frame_count(const std::string& name, uint64_t count);

/// Bytes of one row of unpacked pixels without padding.
uint64_t tight_row_bytes(RawPixels pixels, int width);

/// Bytes of one frame as stored.
uint64_t frame_bytes(const FrameLayout& layout);

/// Reads frame layout.frames[index] of `file` into frame.storage, where frame.view then points; a layout that has to be
/// decoded goes through `stored`, which keeps its capacity. False when the file ends before the frame does: it was cut
/// since it was laid out. Throws Error(Fault::input) when the system cannot read.
bool read_frame(const FrameLayout& layout, const RandomReader& file, size_t index, std::vector<uint8_t>& stored,
                Frame& frame);

}  // namespace flashcell::host
