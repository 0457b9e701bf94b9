#pragma once
#include <vector>

#include "host/segment/binarize.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// A frame's grey: itself, or luma8 of a colour frame in a buffer of its own, valid until the next call.
class GreyPlane {
 public:
  FrameView of(const FrameView& frame) {
    if (!is_colour(frame.format)) return frame;
    luma_.resize(static_cast<size_t>(frame.width) * frame.height);
    luma(frame, luma_.data(), frame.width);
    return FrameView{luma_.data(), frame.width, frame.height, frame.width, PixelFormat::grey8};
  }

 private:
  std::vector<uint8_t> luma_;
};

}  // namespace flashcell::host
