#include "pipeline/world_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "host/config/config.hpp"

namespace flashcell::host {
namespace {

constexpr const char* kWays =
    "input.units_per_pixel, input.scale_points with input.scale_length, or plane.homography (`flashcell calibrate "
    "--plane`)";

template <class... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) {
  throw Error(Fault::usage, fmt::format(text, std::forward<Args>(args)...));
}

void check_lens(const Lens& lens, int width, int height) {
  if (!lens.known()) {
    const double given = std::abs(lens.fy) + std::abs(lens.k1) + std::abs(lens.k2) + std::abs(lens.p1) +
                         std::abs(lens.p2) + std::abs(lens.k3);
    if (given != 0) refuse("[lens] lacks fx, the focal length: `flashcell calibrate` writes the whole section");
    return;
  }
  if (lens.fy <= 0) refuse("lens.fy must be above 0, as lens.fx: `flashcell calibrate` writes the whole section");
  if (lens.width == 0 || lens.height == 0)
    refuse("lens.width and lens.height, the size of the pictures that the lens was calibrated with, must be given");
  if (width > 0 && (lens.width != width || lens.height != height)) {
    refuse("[lens] holds for pictures of {}x{} px, the recording has {}x{}: calibrate with pictures of this size",
           lens.width, lens.height, width, height);
  }
}

Homography homography_of(const PlaneSection& plane, const Lens& lens) {
  Homography h;
  std::copy(plane.homography.begin(), plane.homography.end(), h.begin());
  const double largest =
      std::abs(*std::max_element(h.begin(), h.end(), [](double a, double b) { return std::abs(a) < std::abs(b); }));
  const double determinant =
      h[0] * (h[4] * h[8] - h[5] * h[7]) - h[1] * (h[3] * h[8] - h[5] * h[6]) + h[2] * (h[3] * h[7] - h[4] * h[6]);
  const double depth = h[6] * lens.cx + h[7] * lens.cy + h[8];
  if (!(std::abs(determinant) > 0) || !(std::abs(depth) > 1e-12 * largest))
    refuse(
        "plane.homography takes px to no plane: its matrix must have an inverse, and the plane lie before the "
        "camera; `flashcell calibrate --plane` writes one");
  return h;
}

/// The scale by which the two points are scale_length apart.
double scale_of_points(const InputSection& input, const Lens& lens) {
  if (input.scale_points.size() != 2)
    refuse("input.scale_points must be two points, [[x, y], [x, y]]; there are {}", input.scale_points.size());
  if (input.scale_length <= 0) refuse("input.scale_points needs input.scale_length, their distance in {}", input.unit);
  const WorldMap px = WorldMap::scaled(std::string(WorldMap::kPixels), 1, lens);
  const auto& a = input.scale_points[0];
  const auto& b = input.scale_points[1];
  const MappedPlace from = px.at(a[0], a[1]), to = px.at(b[0], b[1]);
  const double distance = std::hypot(to.x - from.x, to.y - from.y);
  if (!std::isfinite(distance)) refuse("input.scale_points: one lies where [lens] says nothing; take two further in");
  if (distance == 0) refuse("input.scale_points: the two are the same point");
  return input.scale_length / distance;
}

}  // namespace

WorldMap world_map(const Config& config, int width, int height) {
  const InputSection& input = config.input;
  const Lens& lens = config.lens;
  check_lens(lens, width, height);
  const bool in_px = input.unit == WorldMap::kPixels;
  const bool scale = input.units_per_pixel > 0 && !(in_px && input.units_per_pixel == 1);
  const bool points = !input.scale_points.empty() || input.scale_length > 0, plane = !config.plane.homography.empty();
  if (in_px) {
    if (scale)
      refuse(
          "input.units_per_pixel is the size of a pixel in input.unit, which is not given: add --input.unit mm, or "
          "what it is");
    if (points || plane)
      refuse("{} needs the unit that it is in, input.unit: add --input.unit mm, or what it is",
             points ? "input.scale_length" : "plane.homography");
    if (lens.known())
      refuse("[lens] corrects places in a unit of length: give input.unit, and the size of a pixel by {}", kWays);
    return {};
  }
  if (scale + points + plane > 1) {
    refuse("{} and {} both say how large a pixel is: leave one of them out",
           scale ? "input.units_per_pixel" : "input.scale_length", plane ? "plane.homography" : "input.scale_length");
  }
  if (plane) return WorldMap::on_plane(input.unit, homography_of(config.plane, lens), lens);
  if (points) return WorldMap::scaled(input.unit, scale_of_points(input, lens), lens);
  if (!scale) refuse("input.unit is {}, but nothing says how large a pixel is: give {}", input.unit, kWays);
  return WorldMap::scaled(input.unit, input.units_per_pixel, lens);
}

}  // namespace flashcell::host
