#pragma once
#include "host/driving/light_image.hpp"
#include "host/driving/street_camera.hpp"

namespace flashcell::host {

/// What lights the street, in lux: by day sky and sun; by night the town's glow, the own car's low beams and street
/// lamps. Intensities are those of usual lamps: a low beam of 8000 cd, street lamps of 1400 cd 7 m above the road.
struct StreetLight {
  bool night = false;
  Colour sky{1, 1, 1};  ///< from everywhere above
  Colour sun{0, 0, 0};  ///< by day
  Point3 to_sun{0, 1, 0};
  float lamp_spacing = 30, lamp_phase = 0;  ///< m along the road; spacing 0: no lamps
  float lamp_x = 2.4F, lamp_height = 7;

  /// On a surface at `p` that looks along `normal`, a unit vector.
  Colour at(Point3 p, Point3 normal, const StreetCamera& camera) const;
};

}  // namespace flashcell::host
