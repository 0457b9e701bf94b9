#include "host/driving/street_light.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::host {
namespace {

constexpr float kBeamCandela = 8000, kBeamHeight = 0.65F, kBeamWidth = 0.3F, kBeamDepth = 0.11F;
constexpr float kLampCandela = 1400;
constexpr Colour kBeamColour{1, 0.93F, 0.8F}, kLampColour{1, 0.78F, 0.5F};

/// The own low beam: strong straight ahead, cut off a little below the horizontal.
float beam(Point3 p, Point3 normal, const StreetCamera& camera) {
  const float z = p.z - camera.z;
  if (z < 1) return 0;
  const float side = p.x / z / kBeamWidth, spread = 1 + side * side;
  const float above = (p.y - kBeamHeight) / z + 0.012F;
  // Little goes steeply down: else the road right before the car would be the brightest thing of all.
  const float down = std::min(above, 0.0F) / kBeamDepth, deep = 1 + down * down;
  const float cut = above < 0 ? 1 : std::max(0.05F, 1 - above * 60);
  const float distance2 = p.x * p.x + z * z;
  const Point3 to_lamp{-p.x, kBeamHeight - p.y, -z};
  const float cosine = std::max(dot(normal, to_lamp) / std::sqrt(distance2), 0.04F);
  return kBeamCandela * cut * cosine / (spread * spread * deep * deep) / distance2;
}

}  // namespace

Colour StreetLight::at(Point3 p, Point3 normal, const StreetCamera& camera) const {
  Colour light = sky * (0.65F + 0.35F * normal.y);
  if (!night) return light + sun * std::max(0.0F, dot(normal, to_sun));
  light = light + kBeamColour * beam(p, normal, camera);
  if (lamp_spacing <= 0) return light;
  const float nearest = std::floor((p.z - lamp_phase) / lamp_spacing + 0.5F);
  for (int k = -1; k <= 1; ++k) {
    const Point3 to_lamp =
        Point3{lamp_x, lamp_height, lamp_phase + lamp_spacing * (nearest + static_cast<float>(k))} - p;
    const float distance2 = dot(to_lamp, to_lamp), distance = std::sqrt(distance2);
    const float cosine = std::max(dot(normal, to_lamp) / distance, 0.15F);
    light = light + kLampColour * (kLampCandela * cosine / distance2 * std::max(0.0F, to_lamp.y / distance));
  }
  return light;
}

}  // namespace flashcell::host
