#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/event.hpp"

namespace flashcell {

/// What an event adds to a voxel grid.
enum class VoxelSign : uint8_t {
  signed_sum,   ///< +1 where it is on, -1 where it is off
  by_polarity,  ///< 1 in the off or in the on half of the bins
};

struct VoxelGridShape {
  int bins = 5;               ///< over the time; >= 1
  int width = 0, height = 0;  ///< px
  VoxelSign sign = VoxelSign::signed_sum;

  int channels() const { return sign == VoxelSign::by_polarity ? 2 * bins : bins; }
};

/// Events of [start_us, end_us] as a tensor of channels x height x width, bilinear in time (Zhu et al. 2019,
/// "Unsupervised event-based learning of optical flow, depth, and egomotion", equation 2): an event at t* = (bins - 1)
/// (t - start) / (end - start) adds its sign times max(0, 1 - |b - t*|) to bin b. by_polarity: the off events' bins
/// come first. Events outside of that time or of the picture add nothing. Throws std::invalid_argument for a shape
/// without bins or pixels, and for an end that does not come after the start.
std::vector<float> voxel_grid(std::span<const Event> events, int64_t start_us, int64_t end_us,
                              const VoxelGridShape& shape);

}  // namespace flashcell
