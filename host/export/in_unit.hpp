#pragma once
#include "host/eval/mot_text.hpp"
#include "pipeline/world_map.hpp"

namespace flashcell::host {

/// The tracks' points in the map's unit of length. Those that it takes nowhere are left out, and so are boxes, which
/// are no longer upright there.
ObjectList in_unit(const ObjectList& tracks, const WorldMap& world);

}  // namespace flashcell::host
