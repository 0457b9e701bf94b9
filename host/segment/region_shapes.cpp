#include "host/segment/region_shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "tracking/region_map.hpp"

namespace flashcell::host {
namespace {

constexpr double kMostWells = 100;        // in a row, and in a column
constexpr const char* kNowhere = "none";  // what outputs call no region

/// A plate's letters: A … Z, AA, AB …
std::string row_letters(int row) {
  std::string letters;
  for (++row; row > 0; row = (row - 1) / 26) letters.insert(letters.begin(), static_cast<char>('A' + (row - 1) % 26));
  return letters;
}

std::vector<std::array<double, 2>> corners(double left, double top, double width, double height) {
  return {{left, top}, {left + width, top}, {left + width, top + height}, {left, top + height}};
}

/// Size of one well.
std::array<double, 2> well_size(const SegmentRegion& region) {
  const auto side = [&](double length, double wells) { return (length - (wells - 1) * region.gap) / wells; };
  return {side(region.rectangle[2], region.grid[0]), side(region.rectangle[3], region.grid[1])};
}

void add_wells(const SegmentRegion& region, std::vector<RegionShape>& shapes) {
  const auto [width, height] = well_size(region);
  const std::string prefix = region.name.empty() ? "" : region.name + " ";
  for (int row = 0; row < static_cast<int>(region.grid[1]); ++row) {
    for (int column = 0; column < static_cast<int>(region.grid[0]); ++column) {
      RegionShape& well = shapes.emplace_back();
      well.name = fmt::format("{}{}{}", prefix, row_letters(row), column + 1);
      const double left = region.rectangle[0] + column * (width + region.gap);
      const double top = region.rectangle[1] + row * (height + region.gap);
      if (region.well == WellShape::rectangle) {
        well.points = corners(left, top, width, height);
      } else {
        well.x = left + width / 2;
        well.y = top + height / 2;
        well.radius = std::min(width, height) / 2;
      }
      well.include = region.include;
      well.count = region.count;
    }
  }
}

/// `number`: of the region, from 1.
void add_shapes(const SegmentRegion& region, size_t number, std::vector<RegionShape>& shapes) {
  if (!region.grid.empty()) return add_wells(region, shapes);
  RegionShape& shape = shapes.emplace_back();
  shape.name = region.name.empty() ? fmt::format("region {}", number) : region.name;
  shape.include = region.include;
  shape.count = region.count;
  if (!region.circle.empty()) {
    shape.x = region.circle[0];
    shape.y = region.circle[1];
    shape.radius = region.circle[2];
  } else if (!region.rectangle.empty()) {
    shape.points = corners(region.rectangle[0], region.rectangle[1], region.rectangle[2], region.rectangle[3]);
  } else {
    shape.points = region.points;
  }
}

bool is_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

std::string fault_of_grid(const SegmentRegion& region) {
  if (region.rectangle.empty())
    return "needs the rectangle that the grid fills: rectangle = [left, top, width, height]";
  for (const double wells : region.grid) {
    if (wells != std::floor(wells) || wells < 1 || wells > kMostWells)
      return fmt::format("has grid = [columns, rows]: whole numbers, 1 to {}", kMostWells);
  }
  const auto [width, height] = well_size(region);
  if (!(region.gap >= 0) || !(width > 0) || !(height > 0))
    return fmt::format("has a gap of {} px, which leaves no room for wells", region.gap);
  return "";
}

std::string fault_of_names(const std::vector<SegmentRegion>& regions) {
  const std::string& name = regions.back().name;
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }))
    return "has a name of more than one line";
  std::vector<RegionShape> own;
  add_shapes(regions.back(), regions.size(), own);
  if (own.front().name == kNowhere) return fmt::format("is called \"{}\", as outputs call no region", kNowhere);
  std::set<std::string> names;
  for (const RegionShape& shape : own) names.insert(shape.name);
  const std::vector<RegionShape> others = shapes_of(std::span(regions).first(regions.size() - 1));
  if (own.size() + others.size() > tracking::RegionMap::kMostRegions)
    return fmt::format("is too many: {} regions and wells together, at most {}", own.size() + others.size(),
                       tracking::RegionMap::kMostRegions);
  for (const RegionShape& other : others) {
    if (names.count(other.name) != 0)
      return fmt::format("is the second one called \"{}\"; give it a name = \"...\" of its own", other.name);
  }
  return "";
}

}  // namespace

std::string fault_of_shape(const SegmentRegion& region) {
  const int shapes = !region.points.empty() + !region.circle.empty() + !region.rectangle.empty();
  if (shapes != 1) {
    return fmt::format(
        "has {}; give one: points = [[x, y], ...], circle = [x, y, radius] or rectangle = [left, "
        "top, width, height]",
        shapes == 0 ? "no shape" : fmt::format("{} shapes", shapes));
  }
  for (const std::array<double, 2>& point : region.points) {
    if (!std::isfinite(point[0]) || !std::isfinite(point[1])) return "has a point that is no finite number";
  }
  if (!is_finite(region.circle) || !is_finite(region.rectangle) || !is_finite(region.grid) ||
      !std::isfinite(region.gap))
    return "has a length that is no finite number";
  if (!region.points.empty() && region.points.size() < 3)
    return fmt::format("needs points = [[x, y], ...], at least three, not {}", region.points.size());
  if (!region.circle.empty() && !(region.circle[2] > 0))
    return "has a circle without extent: the radius must be above 0";
  if (!region.rectangle.empty() && !(region.rectangle[2] > 0 && region.rectangle[3] > 0))
    return "has a rectangle without extent: width and height must be above 0";
  return region.grid.empty() ? "" : fault_of_grid(region);
}

std::string fault_of_last(const std::vector<SegmentRegion>& regions) {
  const SegmentRegion& region = regions.back();
  if (const std::string fault = fault_of_shape(region); !fault.empty()) return fault;
  if (!region.include && region.count.known()) return "is cut out (include = false): nothing in it is counted";
  return fault_of_names(regions);
}

std::vector<RegionShape> shapes_of(std::span<const SegmentRegion> regions) {
  std::vector<RegionShape> shapes;
  for (size_t i = 0; i < regions.size(); ++i) add_shapes(regions[i], i + 1, shapes);
  return shapes;
}

std::vector<std::array<double, 2>> outline_of(const RegionShape& shape) {
  if (!shape.points.empty()) return shape.points;
  constexpr int kCorners = 64;
  constexpr double kTurn = 6.283185307179586;
  std::vector<std::array<double, 2>> outline;
  outline.reserve(kCorners);
  for (int i = 0; i < kCorners; ++i) {
    const double angle = kTurn * i / kCorners;
    outline.push_back({shape.x + shape.radius * std::cos(angle), shape.y + shape.radius * std::sin(angle)});
  }
  return outline;
}

bool counts_objects(const std::vector<SegmentRegion>& regions) {
  return std::any_of(regions.begin(), regions.end(), [](const SegmentRegion& region) { return region.count.known(); });
}

}  // namespace flashcell::host
