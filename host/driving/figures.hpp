#pragma once
#include <cstdint>
#include <vector>

#include "host/driving/painter.hpp"
#include "host/driving/road_users.hpp"
#include "host/driving/street.hpp"

namespace flashcell::host {

// The parts of draw_road_user().
void draw_car(const RoadUser& car, uint16_t owner, float seconds, const Street& street, Painter& painter,
              std::vector<VisibleLamp>& lamps);
void draw_person(const RoadUser& person, uint16_t owner, float seconds, const Street& street, Painter& painter);
void draw_bicycle(const RoadUser& bicycle, uint16_t owner, float seconds, const Street& street, Painter& painter,
                  std::vector<VisibleLamp>& lamps);

/// The same one of `colours` for the same look.
template <class Colours>
Colour chosen(const Colours& colours, uint32_t look, uint32_t salt) {
  const uint32_t bits = (look ^ salt * 0x9E3779B1U) * 0x85EBCA77U;
  return colours[(bits >> 16) % colours.size()];
}

}  // namespace flashcell::host
