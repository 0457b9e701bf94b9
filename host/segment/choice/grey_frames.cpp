#include "host/segment/choice/grey_frames.hpp"

#include <cstring>

#include "host/segment/binarize.hpp"

namespace flashcell::host {

GreyFrames::GreyFrames(std::span<const FrameView> frames) {
  luma_.reserve(frames.size());
  for (const FrameView& frame : frames) {
    if (!is_colour(frame.format)) {
      views_.push_back(frame);
      continue;
    }
    std::vector<uint8_t>& grey = luma_.emplace_back(static_cast<size_t>(frame.width) * frame.height);
    luma(frame, grey.data(), frame.width);
    views_.push_back({grey.data(), frame.width, frame.height, frame.width, PixelFormat::grey8});
  }
}

int grey_at(const FrameView& grey, int x, int y) {
  if (grey.format != PixelFormat::grey16) return grey.row(y)[x];
  uint16_t level;
  std::memcpy(&level, grey.row(y) + 2 * static_cast<ptrdiff_t>(x), sizeof level);
  return level;
}

}  // namespace flashcell::host
