#pragma once
#include "tracking/box_track.hpp"

namespace flashcell::tracking {

/// How boxes move, in units of their own size (square root of the area) and seconds, whatever the frame rate.
/// Constants chosen on pedestrians; an object that is livelier is followed by its own errors.
class BoxMotion {
 public:
  explicit BoxMotion(double fps) : frame_time_(1 / fps) {}

  void start(BoxTrack& track, const Box& box) const;
  /// `dt` s ahead.
  void predict(BoxTrack& track, double dt) const;
  void correct(BoxTrack& track, const Box& box) const;
  double frame_time() const { return frame_time_; }

 private:
  double frame_time_;
};

/// Standard deviation of a side of a detector's box of this size, px.
double box_sigma(const Box& box);

}  // namespace flashcell::tracking
