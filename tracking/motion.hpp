#pragma once
#include "tracking/track.hpp"

namespace flashcell::tracking {

/// Motion in units of the object: sizes and frame times turn into variances. One for a tracker.
class Motion {
 public:
  Motion(const TrackerParameters& parameters, double fps);

  /// A new object at a detection.
  void start(Track& track, const Detection& detection) const;
  /// `dt` s ahead.
  void predict(Track& track, double dt) const;
  /// Takes a detection of the object alone. Partly hidden objects (by something dark, by the frame's edge) are placed
  /// by the side that still fits the prediction, not by the centroid of what is left of them.
  void correct(Track& track, const Detection& detection) const;

  /// Takes what the blob's pixels say of an object in there.
  void correct_part(Track& track, const PixelPart& part) const;

  /// Variance of a detection's position, px^2.
  double measurement_variance(const Detection& detection) const;
  /// Inside a blob and unseen, the object has not gone on as its motion led it: `axis`, one of the track's two, is at
  /// `position` and goes on with `speed`, px/s.
  void turn(const Track& track, AxisFilter& axis, double position, double speed) const;
  double gate() const { return gate_; }
  const TrackerParameters& parameters() const { return parameters_; }
  double frame_time() const { return frame_time_; }

 private:
  double speed_variance(double size, bool shape) const;
  double acceleration_variance(double size, bool shape) const;
  void restart(Track& track, double x, double y, double variance, bool shape) const;
  void adapt(Track& track, double surprise) const;

  TrackerParameters parameters_;
  double frame_time_;
  double gate_;
  double noise_unit_;  ///< process noise of one object size, px/s^2 or px/s^3 a px
};

/// True when clearly less or more is seen than the object has.
bool off_size(const Track& track, const Detection& detection);

/// True when it has been seen with another size for so long that this is its own: at most as long as it had the first.
bool size_has_changed(const Track& track);

/// Follows the size and reach of an object that is seen alone; takes over a size that has lasted.
void learn_size(Track& track, const Detection& detection);

/// Takes size, reach and looks anew.
void remeasure(Track& track, const Detection& detection, const Look& look);

}  // namespace flashcell::tracking
