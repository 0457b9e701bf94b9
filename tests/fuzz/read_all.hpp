#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "host/source/frame_layout.hpp"

namespace flashcell::fuzz {

/// Reads the first and last bytes of every row of a layout's first frames, as a consumer may; aborts where a frame
/// breaks its promises.
inline void read_all(const host::FrameLayout& layout, const RandomReader& file) {
  constexpr size_t kMostFrames = 16;
  Frame frame;
  std::vector<uint8_t> stored;
  volatile uint8_t sink = 0;
  for (size_t i = 0; i < std::min(layout.frames.size(), kMostFrames); ++i) {
    if (!host::read_frame(layout, file, i, stored, frame)) std::abort();
    const FrameView& view = frame.view;
    if (view.width != layout.info.width || view.height != layout.info.height || view.format != layout.info.format)
      std::abort();
    for (int y = 0; y < view.height; ++y) {
      sink = view.row(y)[0];
      sink = view.row(y)[static_cast<ptrdiff_t>(view.width) * bytes_per_pixel(view.format) - 1];
    }
  }
  (void)sink;
}

}  // namespace flashcell::fuzz
