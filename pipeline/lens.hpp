#pragma once
#include <array>

namespace flashcell {

/// A lens by Brown's model, as OpenCV's calibrateCamera() states it. Pixel centres are integers.
struct Lens {
  double fx = 0, fy = 0;                          ///< focal lengths, px; 0: no lens is known
  double cx = 0, cy = 0;                          ///< where the optical axis meets the picture, px
  double k1 = 0, k2 = 0, p1 = 0, p2 = 0, k3 = 0;  ///< radial (k) and tangential (p) distortion
  int width = 0, height = 0;                      ///< px of the pictures that it holds for

  bool known() const { return fx > 0; }
};

/// Where a map takes a place, and what becomes of small steps around it. Not a number where the map takes it nowhere.
struct MappedPlace {
  double x = 0, y = 0;
  double dx_dx = 1, dx_dy = 0;  ///< change of the new x with a step right, and down
  double dy_dx = 0, dy_dy = 1;

  double determinant() const { return dx_dx * dy_dy - dx_dy * dy_dx; }
};

/// Where a lens shows what one without distortion shows at `x`, `y`: px both.
std::array<double, 2> distort(const Lens& lens, double x, double y);

/// The inverse of distort(). Allocates nothing, takes a bounded number of steps.
class Undistortion {
 public:
  explicit Undistortion(const Lens& lens);

  /// Where a lens without distortion would show what is at `x`, `y`, to 1e-9 px. Nowhere beyond the circle around the
  /// axis on which the model turns back upon itself: a real lens does not, so that it tells nothing there.
  MappedPlace at(double x, double y) const;

  const Lens& lens() const { return lens_; }

 private:
  Lens lens_;
  double edge_;  // distance from the axis, in focal lengths, at which the model turns back; infinity: nowhere
};

}  // namespace flashcell
