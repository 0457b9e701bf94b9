#pragma once
#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "tracking/object_count.hpp"
#include "tracking/region_map.hpp"

namespace flashcell::host {

/// How near a number of objects is to the count, 1 where it meets it: one of two is missed by much, one of thirty, as
/// where two touch, by little.
inline double nearness(const tracking::ObjectCount& count, int objects) {
  const int off = std::max({0, count.least - objects, objects - count.most});
  const int meant = objects < count.least ? count.least : count.most;
  return std::exp(-off / std::sqrt(static_cast<double>(std::max(1, meant))));
}

/// How many objects there are, as who recorded them knows: in the whole picture, or in each of its regions.
class ExpectedCount {
 public:
  ExpectedCount() = default;  ///< nobody knows
  explicit ExpectedCount(const tracking::ObjectCount& whole) {
    if (whole.known()) counts_.push_back(whole);
  }
  explicit ExpectedCount(std::shared_ptr<const tracking::RegionMap> regions) : regions_(std::move(regions)) {
    counts_.reserve(regions_->regions().size());
    for (const tracking::NamedRegion& region : regions_->regions()) counts_.push_back(region.count);
  }

  bool known() const { return !counts_.empty(); }
  /// Of each region, of which some may be unknown; or one of the whole picture.
  std::span<const tracking::ObjectCount> counts() const { return counts_; }
  /// Index of the count that an object in this place is part of; -1: of none.
  int index_at(double x, double y) const { return regions_ ? regions_->at(x, y) : known() ? 0 : -1; }

 private:
  std::shared_ptr<const tracking::RegionMap> regions_;
  std::vector<tracking::ObjectCount> counts_;
};

}  // namespace flashcell::host
