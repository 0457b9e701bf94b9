#include "host/export/in_unit.hpp"

#include <cmath>

namespace flashcell::host {

ObjectList in_unit(const ObjectList& tracks, const WorldMap& world) {
  ObjectList list;
  list.name = tracks.name;
  list.has_points = true;
  for (size_t i = 0; i < tracks.objects.size(); ++i) {
    const tracking::LabelledObject& object = tracks.objects[i];
    const MappedPlace place = world.at(object.x, object.y);
    if (!std::isfinite(place.x)) continue;
    list.objects.push_back({object.frame, object.id, {}, place.x, place.y});
    if (i < tracks.lines.size()) list.lines.push_back(tracks.lines[i]);
  }
  return list;
}

}  // namespace flashcell::host
