#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "tracking/object_count.hpp"

namespace flashcell::host {

enum class WellShape : uint8_t { circle, rectangle };
constexpr NamedValue<WellShape> kWellShapes[] = {{WellShape::circle, "circle"}, {WellShape::rectangle, "rectangle"}};

/// One [[segment.region]] of the configuration: a polygon, a circle, a rectangle, or wells in rows and columns. All px.
struct SegmentRegion {
  bool include = true;                             ///< false: cut out
  std::vector<std::array<double, 2>> points = {};  ///< of a polygon; closes itself
  std::string name = {};                           ///< empty: "region 1" and so on
  tracking::ObjectCount count = {};                ///< of objects in it; in each well of a grid
  std::vector<double> circle = {};                 ///< x, y, radius
  std::vector<double> rectangle = {};              ///< left, top, width, height
  std::vector<double> grid = {};                   ///< columns, rows: the rectangle holds so many wells
  WellShape well = WellShape::circle;              ///< circle: as wide as a well's shorter side
  double gap = 0;                                  ///< between two wells
};

/// A part of the picture that has one shape: a polygon, or a circle where there are no points.
struct RegionShape {
  std::string name = {};
  bool include = true;
  std::vector<std::array<double, 2>> points = {};
  double x = 0, y = 0, radius = 0;
  tracking::ObjectCount count = {};
};

/// What a region's shape lacks, as the end of a sentence that begins with what the region is called; empty: nothing.
std::string fault_of_shape(const SegmentRegion& region);

/// The same of the last of these regions, its name and count as well, that may contradict those before.
std::string fault_of_last(const std::vector<SegmentRegion>& regions);

/// All shapes, in the order of the regions; a grid's wells row by row: A1, A2 … B1 …, after the grid's name and a blank
/// where it has one. Only of regions without a fault.
std::vector<RegionShape> shapes_of(std::span<const SegmentRegion> regions);

/// The polygon itself, or one near the circle.
std::vector<std::array<double, 2>> outline_of(const RegionShape& shape);

/// Whether it is said of some region how many objects are in it.
bool counts_objects(const std::vector<SegmentRegion>& regions);

}  // namespace flashcell::host
