#pragma once
#include <cmath>

#include "pipeline/sink.hpp"

namespace flashcell::host {

/// What a row says, in the run's unit of length: everything that the report measures goes through here.
struct RowInUnit {
  double x = 0, y = 0;
  double speed = 0;  ///< a second
  double area = 0;   ///< square
};

inline RowInUnit in_unit(const RunInfo& run, const tracking::TrackRow& row) {
  const double scale = run.units_per_pixel;
  return {row.x * scale, row.y * scale, std::hypot(row.vx, row.vy) * scale, row.area * scale * scale};
}

}  // namespace flashcell::host
