#pragma once
#include <cmath>

#include "pipeline/world_map.hpp"
#include "tracking/track_row.hpp"

namespace flashcell {

/// What a row says in px, in a map's unit of length; NaN where the map takes its centroid nowhere.
struct WorldValues {
  double x = 0, y = 0;    ///< centroid, unit
  double vx = 0, vy = 0;  ///< velocity, unit/s: as the map stretches at the centroid
  double area = 0;        ///< unit^2: the same
};

inline WorldValues world_values(const WorldMap& world, const tracking::TrackRow& row) {
  const MappedPlace place = world.at(row.x, row.y);
  return {place.x, place.y, place.dx_dx * row.vx + place.dx_dy * row.vy, place.dy_dx * row.vx + place.dy_dy * row.vy,
          std::abs(place.determinant()) * row.area};
}

}  // namespace flashcell
