#pragma once
#include <functional>
#include <opencv2/core.hpp>
#include <vector>

#include "pipeline/lens.hpp"

// What a camera with a lens that bends sees of a plane, drawn by OpenCV's model of lenses: to hold calibrations and
// lengths against.
namespace flashcell::test {

/// Where a plane lies before the camera, as cv::projectPoints() takes it.
struct PlanePose {
  cv::Vec3d turn;   ///< rotation vector
  cv::Vec3d shift;  ///< unit of length; z away from the camera
};

/// Grey, 0..255, at a place of the plane.
using PlaneGrey = std::function<double(double x, double y)>;

class PlaneCamera {
 public:
  /// `samples`: each way in a px.
  PlaneCamera(const Lens& lens, int samples);
  /// 8-bit grey, with noise of 2 grey levels that `seed` chooses.
  cv::Mat picture(const PlanePose& pose, const PlaneGrey& grey, uint64_t seed) const;
  /// px at which the camera shows a place of the plane.
  cv::Point2d place(const PlanePose& pose, cv::Point2d on_plane) const;

  const Lens& lens() const { return lens_; }

 private:
  Lens lens_;
  int samples_;
  std::vector<cv::Point2d> rays_;  // of each sample, at distance 1
};

/// A lens that bends as a cheap wide one does, 640x480 px.
Lens bent_lens();

/// A checkerboard of 9x6 inner corners with a white rim; the first inner corner is the plane's origin.
PlaneGrey checkerboard(double square);

/// Boards of that square in all parts of the picture, tilted each time another way.
std::vector<PlanePose> board_poses(double square);

/// A plane on which things move, seen from aside; a board that lies on it is seen whole.
PlanePose arena_pose();

}  // namespace flashcell::test
