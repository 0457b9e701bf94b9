#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "host/segment/region_shapes.hpp"

namespace flashcell::host {

/// The regions of interest of frames that come as cells (Frame::cells).
class CellRegions {
 public:
  /// Throws Error(Fault::usage) for regions that are none.
  CellRegions(const std::vector<SegmentRegion>& regions, int width, int height);

  /// Those of `cells` that lie within; stays until the next call, or as long as `cells` where there are no regions.
  std::span<const uint64_t> inside(std::span<const uint64_t> cells);
  /// Pixels that the last call left out.
  uint64_t outside() const { return outside_; }

 private:
  std::vector<uint64_t> regions_, inside_;  // empty: everything is within
  uint64_t outside_ = 0;
};

}  // namespace flashcell::host
