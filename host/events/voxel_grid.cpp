#include "host/events/voxel_grid.hpp"

#include <stdexcept>

namespace flashcell {

std::vector<float> voxel_grid(std::span<const Event> events, int64_t start_us, int64_t end_us,
                              const VoxelGridShape& shape) {
  if (shape.bins < 1 || shape.width < 1 || shape.height < 1)
    throw std::invalid_argument("a voxel grid needs bins, a width and a height of 1 or more");
  if (end_us <= start_us) throw std::invalid_argument("a voxel grid's end must come after its start");
  const auto width = static_cast<size_t>(shape.width), plane = width * static_cast<size_t>(shape.height);
  const auto bins = static_cast<size_t>(shape.bins);
  std::vector<float> grid(plane * static_cast<size_t>(shape.channels()));
  const double bins_per_us =
      static_cast<double>(bins - 1) / (static_cast<double>(end_us) - static_cast<double>(start_us));
  for (const Event& e : events) {
    if (e.time_us < start_us || e.time_us > end_us || e.x >= width || e.y >= static_cast<size_t>(shape.height))
      continue;
    const double place =
        static_cast<double>(static_cast<uint64_t>(e.time_us) - static_cast<uint64_t>(start_us)) * bins_per_us;
    const auto bin = static_cast<size_t>(place);
    const auto later = static_cast<float>(place - static_cast<double>(bin));
    const bool halves = shape.sign == VoxelSign::by_polarity;
    const float sign = halves || e.on ? 1 : -1;
    float* const at = grid.data() + (halves && e.on ? bins * plane : 0) + bin * plane + e.y * width + e.x;
    at[0] += sign * (1 - later);
    if (bin + 1 < bins) at[plane] += sign * later;
  }
  return grid;
}

}  // namespace flashcell
