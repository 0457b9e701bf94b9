#pragma once
#include "tracking/tracker.hpp"
#include "tracking/tracklet.hpp"

namespace flashcell::tracking {

/// What objects of a recording are like.
struct Habits {
  double area = 1;   ///< px
  double speed = 0;  ///< px/s
};

/// How unlikely it is that `next`, first seen after `before` was last, is the same object: by the distance, measured by
/// how far these objects move in that time, by size, and by looks; about 1 for an ordinary link, bounded.
double link_cost(const Tracklet& before, const Tracklet& next, const Habits& habits,
                 const TrackerParameters& parameters);

}  // namespace flashcell::tracking
