#pragma once
#include "tracking/box_history.hpp"
#include "tracking/kalman.hpp"
#include "tracking/name_of_track.hpp"

namespace flashcell::tracking {

/// Kalman filter of a number that wanders slowly: an extent of a box.
class LevelFilter {
 public:
  LevelFilter() = default;
  LevelFilter(double value, double variance) : value_(value), variance_(variance) {}

  /// `wander`: variance that it gains until the next measurement.
  void predict(double wander) { variance_ += wander; }
  void update(double measured, double variance) {
    const double gain = variance_ / (variance_ + variance);
    value_ += gain * (measured - value_);
    variance_ -= gain * variance_;
  }
  double value() const { return value_; }

 private:
  double value_ = 0, variance_ = 0;
};

/// All that is known of one object that a detector finds. Recycled: `history` keeps its capacity.
struct BoxTrack {
  AxisFilter x, y;            ///< of the centre
  LevelFilter width, height;  ///< px
  double restlessness = 1;    ///< its motion's noise, by an ordinary object's

  uint32_t id = 0;      ///< 0 until confirmed
  double evidence = 0;  ///< s of sightings in full trust, less what doubtful ones take
  int sightings = 0;
  double last_time = 0;  ///< s: last seen
  Box last_box;          ///< as last measured, moved with the camera
  int32_t detection = -1;
  BoxHistory history;
  size_t final = 0;  ///< sights at the front of the history whose rows stay as they are
  size_t given = 0;  ///< whose rows were given out, at least for now; >= final
  NameOfTrack name;

  bool seen() const { return detection >= 0; }
  bool confirmed() const { return id != 0; }
  Box box() const {
    return {x.position() - width.value() / 2, y.position() - height.value() / 2, width.value(), height.value()};
  }
};

}  // namespace flashcell::tracking
