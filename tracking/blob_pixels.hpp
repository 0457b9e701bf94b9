#pragma once
#include <cstdint>
#include <span>

#include "tracking/detection.hpp"

namespace flashcell::tracking {

/// Foreground pixels `first` .. `last` of row `y`, px.
struct PixelRun {
  int32_t y = 0, first = 0, last = 0;
};

/// One frame's foreground, for a tracker that asks which pixels a blob has.
class BlobPixels {
 public:
  virtual ~BlobPixels() = default;

  /// The pixels of `blob`, one of the frame's detections, row by row and in a row from left to right; empty where they
  /// are not known. Valid until the next call.
  virtual std::span<const PixelRun> of(const Detection& blob) = 0;
};

}  // namespace flashcell::tracking
