#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/lens.hpp"

namespace flashcell {

/// Takes homogeneous px (x, y, 1) to homogeneous places on a plane; row by row.
using Homography = std::array<double, 9>;

/// Where in the world the picture's px lie, in a unit of length: the one way from px to that unit. A lens is taken out
/// first, then either one scale serves for the whole picture, or a plane that the camera looks at from anywhere.
class WorldMap {
 public:
  /// Nothing is known but px.
  WorldMap() = default;

  /// A plane that faces the camera. `units_per_pixel`: size of a px, > 0; with a lens, of a px of the picture without
  /// distortion, along a row.
  static WorldMap scaled(std::string unit, double units_per_pixel, const Lens& lens = {});

  /// `plane` takes px, with a lens those of the picture without distortion, to the unit. Nothing lies beyond the
  /// plane's horizon; the optical axis, without a lens the first pixel, lies before it.
  static WorldMap on_plane(std::string unit, const Homography& plane, const Lens& lens = {});

  /// Where px `x`, `y` lies, in the unit; NaN where nothing is (Undistortion::at(), the plane's horizon).
  MappedPlace at(double x, double y) const;

  /// Side of a px at `x`, `y`, in the unit: the root of its area.
  double units_per_pixel(double x, double y) const;

  const std::string& unit() const { return unit_; }
  bool in_px() const { return unit_ == kPixels; }
  const std::optional<Undistortion>& undistortion() const { return undistortion_; }
  /// From px, with a lens those of the picture without distortion, to the unit: also where that is one scale.
  const Homography& plane() const { return plane_; }
  /// One factor takes all px to the unit.
  bool uniform() const { return !undistortion_ && !perspective_; }
  /// What is taken out, as the end of a sentence: "", "the lens", "perspective", "lens and perspective".
  const char* corrected_for() const;

  static constexpr std::string_view kPixels = "px";

 private:
  WorldMap(std::string unit, const Lens& lens);

  std::string unit_{kPixels};
  std::optional<Undistortion> undistortion_;
  Homography plane_{1, 0, 0, 0, 1, 0, 0, 0, 1};
  bool perspective_ = false;
};

}  // namespace flashcell
