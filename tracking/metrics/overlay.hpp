#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "tracking/metrics/sequence.hpp"

// How well a drawing that is laid over a moving object stays on it: a camera's tracks reach a display late, and the
// display shows them later still.
namespace flashcell::tracking {

/// Camera frame f is taken at (f - 1) / fps s, and its tracks are known `latency` and a part of `latency_spread` later
/// (drawn anew for each frame, evenly; never before those of the frame before). The display shows a picture every
/// 1 / display_hz s, made from the newest tracks that are known then.
struct OverlayOptions {
  double fps = 0;             ///< of the camera, above 0
  double display_hz = 120;    ///< above 0
  double latency = 0.005;     ///< s
  double latency_spread = 0;  ///< s
  double window = 0.02;       ///< s of a track that its prediction is fitted to
  double max_distance = 20;   ///< px; a track farther than that is not the object's
  uint64_t seed = 1;
};

/// Where the drawing is put: where the track was last, or where a line or a parabola through its last places (least
/// squares) is when the picture is shown. Only what is known by then is used.
enum class OverlayRule { held, line, parabola };

struct OverlayError {
  double rms = 0, p95 = 0;  ///< px between the drawing and the object, when the picture is shown
  double jitter = 0;        ///< px, RMS: how the drawing trembles on the object from one picture to the next
};

struct OverlayFigures {
  int64_t drawings = 0;                ///< of all objects in all pictures
  double missing = 0;                  ///< share of objects in pictures that no track was near
  double age = 0, oldest_age = 0;      ///< s from the camera's frame to the picture made of it: mean and largest
  std::array<OverlayError, 3> errors;  ///< by OverlayRule
};

/// `truth` and `tracks` by points, frames from 1. An object's place between two frames lies on the line between them.
/// Throws std::invalid_argument for options out of range.
OverlayFigures judge_overlay(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks,
                             const OverlayOptions& options);

}  // namespace flashcell::tracking
