#pragma once
#include <cstdint>
#include <vector>

#include "host/driving/driving_parameters.hpp"
#include "host/driving/painter.hpp"
#include "host/driving/street.hpp"

namespace flashcell::host {

/// Their order is that of the classes in data sets.
enum class RoadUserKind : uint8_t { person, bicycle, car };

/// Somebody or something on the street that goes straight on at an even speed, or stands.
struct RoadUser {
  RoadUserKind kind = RoadUserKind::car;
  float x = 0, z = 0;              ///< m, of its middle on the ground, at the beginning
  float speed_x = 0, speed_z = 0;  ///< m/s
  bool towards = false;            ///< heads against the camera's way
  bool brakes = false;             ///< cars: brake lights
  uint32_t look = 0;               ///< which of the many

  Point3 place(float seconds) const { return {x + speed_x * seconds, 0, z + speed_z * seconds}; }
};

/// Who is on the street: parked cars, traffic ahead, oncoming and across, people on the pavements and on the road,
/// people on bicycles.
std::vector<RoadUser> populate(const DrivingParameters& parameters, const Street& street, float own_speed);

/// Half its width and its height, m: a box that holds it.
Point2 extent(const RoadUser& user);

/// Paints it as it stands at `seconds`; its lamps go to `lamps` under the painter's owner. Cars are solids of a profile
/// across which the body is stretched, with windows, wheels, lamps; people and bicycles are flat figures that face the
/// camera, their limbs in step with their way.
void draw_road_user(const RoadUser& user, uint16_t owner, float seconds, const Street& street, Painter& painter,
                    std::vector<VisibleLamp>& lamps);

}  // namespace flashcell::host
