#pragma once
#include "tracking/track.hpp"

namespace flashcell::tracking {

struct Point {
  double x, y;  ///< px
};

/// Area that discs of these tracks' areas share at their predicted places, px.
double shared_area(const Track& a, const Track& b);

/// About where the centroid of the area is that the two share, as discs.
Point shared_centroid(const Track& a, const Track& b);

}  // namespace flashcell::tracking
