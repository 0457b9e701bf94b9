#include "tracking/region_map.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace flashcell::tracking {

RegionMap::RegionMap(int width, int height, std::vector<NamedRegion> regions, std::vector<uint16_t> pixels)
    : width_(width), height_(height), regions_(std::move(regions)), pixels_(std::move(pixels)) {
  const bool sized = width >= 0 && height >= 0 && regions_.size() <= kMostRegions &&
                     pixels_.size() == static_cast<size_t>(width) * static_cast<size_t>(height);
  if (!sized || std::any_of(pixels_.begin(), pixels_.end(), [&](uint16_t p) { return p > regions_.size(); }))
    throw std::invalid_argument("region map: pixels and regions do not fit each other");
}

bool RegionMap::counted() const {
  return std::any_of(regions_.begin(), regions_.end(), [](const NamedRegion& r) { return r.count.known(); });
}

ObjectCount RegionMap::total() const {
  ObjectCount total;
  for (const NamedRegion& region : regions_) {
    if (!region.count.known()) return {};
    total.least += region.count.least;
    total.most += region.count.most;
  }
  return total;
}

}  // namespace flashcell::tracking
