#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "tracking/detection.hpp"

namespace flashcell::tracking {

/// What a detector found in one frame.
struct FrameOfDetections {
  int64_t frame = 0;
  std::span<const Detection> detections;
};

/// How far a detection is to be trusted by its score, 0..1, whatever the detector's scores are: probabilities, margins
/// or logits. Learned from the detections alone: an object that is there is found again a moment earlier and later at
/// nearly the same place, a detector's whim is not. The share of detections of a score that are found again, against
/// that of the best scores, is the trust.
class ScoreModel {
 public:
  /// Trusts every score in full.
  ScoreModel() = default;

  /// `frames`: of a recording of `fps` frames/s, numbers rising; those without a detection may be missing. Few
  /// detections (below 50) or scores that are all alike say nothing: every one is trusted, as where objects move so
  /// fast that hardly any is found again.
  static ScoreModel learn(std::span<const FrameOfDetections> frames, double fps);

  /// Rises with the score.
  double trust(float score) const;

 private:
  struct Point {
    float score = 0;
    double trust = 0;
  };

  std::vector<Point> points_;  ///< by rising score; between them the trust is interpolated
};

}  // namespace flashcell::tracking
