#pragma once
#include <cmath>

#include "pipeline/sink.hpp"

namespace flashcell::host {

/// What a row says, in the run's unit of length: everything that the report measures goes through here. NaN where the
/// run's map takes the place nowhere.
struct RowInUnit {
  double x = 0, y = 0;
  double speed = 0;  ///< a second
  double area = 0;   ///< square

  bool is_known() const { return std::isfinite(x) && std::isfinite(y) && std::isfinite(speed) && std::isfinite(area); }
};

inline RowInUnit in_unit(const RunInfo& run, const tracking::TrackRow& row) {
  const WorldValues world = world_values(run.world, row);
  return {world.x, world.y, std::hypot(world.vx, world.vy), world.area};
}

}  // namespace flashcell::host
