#include "pipeline/world_map.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace flashcell {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// What `second` makes of steps that `first` has made.
MappedPlace chained(const MappedPlace& first, const MappedPlace& second) {
  return {second.x,
          second.y,
          second.dx_dx * first.dx_dx + second.dx_dy * first.dy_dx,
          second.dx_dx * first.dx_dy + second.dx_dy * first.dy_dy,
          second.dy_dx * first.dx_dx + second.dy_dy * first.dy_dx,
          second.dy_dx * first.dx_dy + second.dy_dy * first.dy_dy};
}

MappedPlace project(const Homography& h, double x, double y) {
  const double depth = h[6] * x + h[7] * y + h[8];
  if (!(depth > 0)) return {kNone, kNone, kNone, kNone, kNone, kNone};
  const double to_x = (h[0] * x + h[1] * y + h[2]) / depth, to_y = (h[3] * x + h[4] * y + h[5]) / depth;
  return {to_x,
          to_y,
          (h[0] - to_x * h[6]) / depth,
          (h[1] - to_x * h[7]) / depth,
          (h[3] - to_y * h[6]) / depth,
          (h[4] - to_y * h[7]) / depth};
}

}  // namespace

WorldMap::WorldMap(std::string unit, const Lens& lens) : unit_(std::move(unit)) {
  if (lens.known()) undistortion_.emplace(lens);
}

WorldMap WorldMap::scaled(std::string unit, double units_per_pixel, const Lens& lens) {
  WorldMap map(std::move(unit), lens);
  // The focal length is the same both ways: px that are not square show in it.
  map.plane_ = {units_per_pixel, 0, 0, 0, units_per_pixel * (lens.known() ? lens.fx / lens.fy : 1), 0, 0, 0, 1};
  return map;
}

WorldMap WorldMap::on_plane(std::string unit, const Homography& plane, const Lens& lens) {
  WorldMap map(std::move(unit), lens);
  // A homography says the same with all signs changed: here what is seen lies before the horizon.
  const double depth = plane[6] * lens.cx + plane[7] * lens.cy + plane[8];
  map.plane_ = plane;
  for (double& h : map.plane_) h = depth < 0 ? -h : h;
  map.perspective_ = true;
  return map;
}

MappedPlace WorldMap::at(double x, double y) const {
  MappedPlace place;
  place.x = x;
  place.y = y;
  if (undistortion_) place = undistortion_->at(x, y);
  return chained(place, project(plane_, place.x, place.y));
}

double WorldMap::units_per_pixel(double x, double y) const {
  return uniform() ? plane_[0] : std::sqrt(std::abs(at(x, y).determinant()));
}

const char* WorldMap::corrected_for() const {
  if (perspective_) return undistortion_ ? "lens and perspective" : "perspective";
  return undistortion_ ? "the lens" : "";
}

}  // namespace flashcell
