#include "host/calibrate/plane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/calib3d.hpp>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

using Points = std::vector<cv::Point2d>;

Points without_distortion(const BoardView& view, const Lens& lens) {
  const Undistortion undistortion(lens);
  Points points;
  points.reserve(view.corners.size());
  for (const cv::Point2f& corner : view.corners) {
    const MappedPlace place = undistortion.at(corner.x, corner.y);
    if (!std::isfinite(place.x))
      throw Error(Fault::input, fmt::format("frame {}: the board of the plane reaches to where the lens says nothing; "
                                            "lay it nearer to the middle",
                                            view.frame));
    points.emplace_back(place.x, place.y);
  }
  return points;
}

Homography as_array(const cv::Matx33d& m) {
  Homography h;
  std::copy_n(m.val, 9, h.begin());
  return h;
}

/// Turns the board by quarters, and over where it is numbered the other way round, so that its axes are those of the
/// picture as far as that goes.
cv::Matx33d turned(const cv::Matx33d& plane, cv::Point2d middle) {
  Points steps;
  cv::perspectiveTransform(Points{middle, {middle.x + 1, middle.y}, {middle.x, middle.y + 1}}, steps, plane);
  const cv::Point2d right = steps[1] - steps[0], down = steps[2] - steps[0];
  const double over = right.cross(down) < 0 ? -1 : 1;
  const int quarters = static_cast<int>(std::lround(std::atan2(over * right.y, right.x) / (std::numbers::pi / 2)));
  const double cosine = quarters == 0 ? 1 : std::abs(quarters) == 2 ? -1 : 0;
  const double sine = quarters == 1 ? -1 : quarters == -1 ? 1 : 0;
  return cv::Matx33d(cosine, -sine, 0, sine, cosine, 0, 0, 0, 1) * cv::Matx33d(1, 0, 0, 0, over, 0, 0, 0, 1) * plane;
}

}  // namespace

PlaneFit fit_plane(const BoardView& view, const Checkerboard& board, const Lens& lens) {
  const Points seen = without_distortion(view, lens);
  Points on_board;
  on_board.reserve(seen.size());
  for (const cv::Point3f& p : board_points(board)) on_board.emplace_back(p.x, p.y);
  const cv::Mat found = cv::findHomography(seen, on_board);
  if (found.empty())
    throw Error(Fault::input, fmt::format("frame {}: the board of the plane is seen from its edge", view.frame));
  cv::Matx33d plane(found);
  PlaneFit result;
  double sum = 0;
  cv::Point2d middle;
  Points placed;
  cv::perspectiveTransform(seen, placed, plane);
  for (size_t i = 0; i < seen.size(); ++i) {
    const cv::Point2d off = placed[i] - on_board[i];
    sum += off.dot(off);
    middle += seen[i] / static_cast<double>(seen.size());
  }
  result.error = std::sqrt(sum / static_cast<double>(seen.size()));
  plane = turned(plane, middle);
  // The corner at the top left becomes the origin.
  const cv::Matx33d turn = plane * cv::Matx33d(found).inv();
  double left = 0, top = 0;
  for (const cv::Point2d& p : on_board) {
    left = std::min(left, turn(0, 0) * p.x + turn(0, 1) * p.y);
    top = std::min(top, turn(1, 0) * p.x + turn(1, 1) * p.y);
  }
  plane = cv::Matx33d(1, 0, -left, 0, 1, -top, 0, 0, 1) * plane;
  result.homography = as_array(plane * (1 / (plane(2, 0) * lens.cx + plane(2, 1) * lens.cy + plane(2, 2))));
  return result;
}

}  // namespace flashcell::host
