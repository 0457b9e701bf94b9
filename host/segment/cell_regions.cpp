#include "host/segment/cell_regions.hpp"

#include <bit>

#include "host/label/unpack_cells.hpp"
#include "host/segment/regions.hpp"
#include "pipeline/cells.hpp"

namespace flashcell::host {

CellRegions::CellRegions(const std::vector<SegmentRegion>& regions, int width, int height) {
  if (regions.empty()) return;
  regions_.resize(cell_count(width, height));
  inside_.resize(regions_.size());
  pack_cells(rasterize_regions(regions, width, height), regions_);
}

std::span<const uint64_t> CellRegions::inside(std::span<const uint64_t> cells) {
  if (regions_.empty()) return cells;
  outside_ = 0;
  for (size_t i = 0; i < regions_.size(); ++i) {
    inside_[i] = cells[i] & regions_[i];
    outside_ += static_cast<uint64_t>(std::popcount(cells[i] & ~regions_[i]));
  }
  return inside_;
}

}  // namespace flashcell::host
