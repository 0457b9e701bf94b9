#include "host/fusion_examples/event_planes.hpp"

#include <algorithm>
#include <cmath>

#include "host/events/voxel_grid.hpp"

namespace flashcell::host {

std::vector<float> event_planes(std::span<const Event> events, int64_t end_us, const DrivingExampleOptions& o) {
  std::vector<float> planes =
      voxel_grid(events, end_us - std::llround(1e6 * o.window), end_us, {o.event_bins, o.columns, o.rows});
  const float step = 1 / static_cast<float>(o.full_scale);
  for (float& value : planes) value = std::clamp(value * step, -1.0F, 1.0F);
  return planes;
}

}  // namespace flashcell::host
