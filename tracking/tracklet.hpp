#pragma once
#include <cstdint>
#include <vector>

#include "tracking/appearance.hpp"
#include "tracking/track_row.hpp"

namespace flashcell::tracking {

/// One end of a tracklet.
struct TrackletEnd {
  int64_t frame = 0;
  double time = 0;        ///< s
  double x = 0, y = 0;    ///< px
  double vx = 0, vy = 0;  ///< px/s
};

/// A track as it was followed without a break, in short: what is needed to say whether another one is the same object.
struct Tracklet {
  TrackletEnd first, last;  ///< seen
  int64_t sightings = 0;    ///< rows in which it was seen
  double mean_area = 0;     ///< px
  double path = 0;          ///< px, length
  double reach = 0;         ///< px, farthest from where it began
  Appearance appearance;
};

/// Keeps a tracklet of every id.
class TrackletLog {
 public:
  /// Takes a row of a track; those of one id must rise. Not seen, it says nothing.
  void take(const TrackRow& row, double time);
  /// An id without rows as yet.
  void begin(uint32_t id, const Appearance& appearance) {
    if (tracklets_.size() < id) tracklets_.resize(id);
    set_appearance(id, appearance);
  }
  void set_appearance(uint32_t id, const Appearance& appearance) { tracklets_[id - 1].appearance = appearance; }
  /// By id - 1.
  const std::vector<Tracklet>& tracklets() const { return tracklets_; }

 private:
  std::vector<Tracklet> tracklets_;
};

}  // namespace flashcell::tracking
