#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tracking/object_count.hpp"

namespace flashcell::tracking {

/// A named part of the picture.
struct NamedRegion {
  std::string name;
  ObjectCount count;                           ///< of objects in it
  std::vector<std::array<double, 2>> outline;  ///< px, closes itself; of a circle a polygon that is near it
};

/// Which part of the picture a place lies in. Parts are numbered from 0 in the order in which they were listed.
class RegionMap {
 public:
  static constexpr int kNone = -1;
  static constexpr size_t kMostRegions = 2000;

  /// `pixels`: of width x height px, row by row, 1 + the number of each pixel's region, 0 for none. Throws
  /// std::invalid_argument where there are not so many, or one names a region that is not there.
  RegionMap(int width, int height, std::vector<NamedRegion> regions, std::vector<uint16_t> pixels);

  const std::vector<NamedRegion>& regions() const { return regions_; }

  /// The region of the nearest pixel; kNone in none of them, outside of the picture, and for what is not finite.
  int at(double x, double y) const {
    if (!(x > -0.5 && x < width_ - 0.5 && y > -0.5 && y < height_ - 0.5)) return kNone;
    const auto column = static_cast<size_t>(std::lround(x)), row = static_cast<size_t>(std::lround(y));
    return pixels_[row * static_cast<size_t>(width_) + column] - 1;
  }

  /// Of some region it is known how many objects are in it.
  bool counted() const;
  /// Of all regions together, where the count of each is known; else unknown.
  ObjectCount total() const;

 private:
  int width_, height_;
  std::vector<NamedRegion> regions_;
  std::vector<uint16_t> pixels_;
};

}  // namespace flashcell::tracking
