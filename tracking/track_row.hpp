#pragma once
#include <cstdint>

#include "tracking/detection.hpp"
#include "tracking/spread.hpp"

namespace flashcell::tracking {

enum class TrackState : uint8_t {
  visible,    ///< measured in this frame
  merged,     ///< inside a blob that it shares with other tracks
  predicted,  ///< not seen (occluded); position from the motion model
};

/// What a track is called in the rows, once all tracks are known.
struct TrackName {
  uint32_t id = 0;                ///< public id; 0: its rows are left out
  float confidence = 1;           ///< that this is the object which had the id before, 0.5..1
  int64_t end_frame = INT64_MAX;  ///< from which another track has the id: no predictions from there on
};

/// One track in one frame: what the outputs write.
struct TrackRow {
  int64_t frame = 0;
  uint32_t id = 0;  ///< public id, from 1 without gaps; only confirmed tracks have one
  TrackState state = TrackState::visible;
  int32_t detection = -1;  ///< index into the frame's detections (the blob for `merged`), -1 when predicted
  double x = 0, y = 0;     ///< px: measured where visible, else the estimate
  double vx = 0, vy = 0;   ///< px/s
  Box box;                 ///< px
  double area = 0;         ///< px
  Spread spread;           ///< px^2; all 0 where no shape is measured
  int colour_class = 0;
  int class_id = -1;           ///< recognized class fused over the track's life, -1 without recognition
  float class_confidence = 0;  ///< 0..1
  float id_confidence = 1;     ///< that it has had this id before it was lost last, 0.5..1: TrackName
};

}  // namespace flashcell::tracking
