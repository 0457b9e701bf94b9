#pragma once
#include "pipeline/frame.hpp"
#include "pipeline/source_tally.hpp"

namespace flashcell {

/// Where frames come from. next() is called from one thread at a time, in order; give_back() and stop() may be called
/// from other threads while it runs.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual const SourceInfo& info() const = 0;

  /// Fills `frame` (view, number, device_time_ns) with the next frame; false at the end. What `frame.view` points to
  /// stays valid until it is given back, the same Frame is handed to next() again, or the source goes. A truncated or
  /// damaged recording: every whole frame is delivered first, then this throws Error(Fault::input).
  virtual bool next(Frame& frame) = 0;

  /// True for a camera: frames come at their own pace, next() waits for them, and what is not taken in time is lost.
  /// Such a source may set `frame.arrival_ns`. False for a recording, whose frames are there whenever they are asked
  /// for.
  virtual bool is_live() const { return false; }

  /// Takes back what `frame.view` shows: nobody reads it any more. Called once for each frame that next() filled, from
  /// one thread at a time; does not throw. A source that decodes into `frame.storage` has nothing to do.
  virtual void give_back(Frame& /*frame*/) {}

  /// Has a next() that waits for a frame return false soon, and every later one that would wait. May be called more
  /// than once; does not throw.
  virtual void stop() {}

  /// What it has counted. Not while next() runs.
  virtual SourceTally tally() const { return {}; }
};

}  // namespace flashcell
