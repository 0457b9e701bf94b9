#pragma once
#include "pipeline/frame.hpp"

namespace flashcell {

/// Where frames come from. Called from one thread at a time, in order.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual const SourceInfo& info() const = 0;

  /// Fills `frame` (view, number, device_time_ns) with the next frame; false at the end. What `frame.view` points to
  /// stays valid until the same Frame is handed to next() again, or the source goes. A truncated or damaged recording:
  /// every whole frame is delivered first, then this throws Error(Fault::input).
  virtual bool next(Frame& frame) = 0;
};

}  // namespace flashcell
