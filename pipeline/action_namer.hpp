#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/sink.hpp"
#include "tracking/action_steps.hpp"

namespace flashcell {

/// Says what tracks do (walk, turn, stop: whatever was learned), from their rows in order. One a run, asked from one
/// thread at a time.
class ActionNamer {
 public:
  virtual ~ActionNamer() = default;

  /// Before the first frame. Returns how many frame numbers its rows come late: what an object does is clearer a moment
  /// later. `live`: nothing may come late, 0.
  virtual int64_t begin(bool live) = 0;

  /// Takes a frame's rows, which rise by id; frames rise. `looks`: of the frame's detections, by TrackRow::detection.
  /// Appends to `ready` the rows that it is done with, named, in their order. Allocates nothing once the tracks that
  /// there are at a time have gone through.
  virtual void take(std::span<const AssembledRow> rows, std::span<const tracking::ActionLook> looks,
                    std::vector<AssembledRow>& ready) = 0;

  /// Appends the rows that are left, at the end of the run.
  virtual void finish(std::vector<AssembledRow>& ready) = 0;
};

}  // namespace flashcell
