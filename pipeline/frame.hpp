#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/event.hpp"

namespace flashcell {

enum class PixelFormat : uint8_t { grey8, grey16, rgb8, bgr8 };

constexpr int bytes_per_pixel(PixelFormat f) {
  return f == PixelFormat::grey8 ? 1 : f == PixelFormat::grey16 ? 2 : 3;
}
constexpr bool is_colour(PixelFormat f) {
  return f == PixelFormat::rgb8 || f == PixelFormat::bgr8;
}

/// Pixels that somebody else owns. Rows top to bottom, `stride` bytes apart. grey16 is in the machine's byte order.
struct FrameView {
  const uint8_t* data = nullptr;
  int width = 0;         ///< px
  int height = 0;        ///< px
  ptrdiff_t stride = 0;  ///< bytes from one row to the next
  PixelFormat format = PixelFormat::grey8;

  const uint8_t* row(int y) const { return data + y * stride; }
};

/// One frame on its way through the pipeline. Frames are recycled: `storage` keeps its capacity, nothing is allocated
/// per frame.
struct Frame {
  Frame() = default;
  /// Of pixels that somebody else owns.
  explicit Frame(const FrameView& pixels) : view(pixels) {}

  FrameView view;                ///< what to read: the camera's buffer, or `storage`
  std::vector<uint8_t> storage;  ///< where a source that has to decode puts its pixels
  /// The foreground, where the source gives it ready (SourceInfo::has_cells): cells of 8x8 px row by row, as
  /// contract/limits.hpp has them. Bits outside of the picture are 0. Empty: it is to be found in the pixels.
  std::vector<uint64_t> cells;
  /// Those since the frame before, of an event camera's recording that was opened for them (SourceInfo::has_events).
  std::vector<Event> events;
  int64_t number = 0;  ///< the recording's frame number, from 0; a gap means dropped frames
  std::optional<int64_t>
      device_time_ns;      ///< the camera's own time stamp, ns since its epoch, where the recording has one
  int64_t arrival_ns = 0;  ///< host steady clock when the frame became available; a live source may say, else the
                           ///< pipeline does
};

/// What a recording says of itself.
struct SourceInfo {
  std::string name;         ///< for messages and headers: path or generator
  int width = 0;            ///< px
  int height = 0;           ///< px
  bool has_pixels = true;   ///< false: the frames' view shows nothing
  bool has_cells = false;   ///< frames come with their foreground: Frame::cells. Their pixels are for people only
  bool has_events = false;  ///< frames come with Frame::events
  PixelFormat format = PixelFormat::grey8;
  int significant_bits = 8;            ///< of a grey16 sample: 10, 12, 16
  double fps = 0;                      ///< frames/s as recorded; 0 when the file does not say
  std::optional<int64_t> frame_count;  ///< when known beforehand
  bool random_access = false;          ///< a later frame is opened as fast as the first
  std::string note;                    ///< what was decided on opening it, one line for the user; may be empty
};

}  // namespace flashcell
