#include "host/calibrate/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/calib3d.hpp>

#include "base/error.hpp"
#include "host/calibrate/choose_views.hpp"

namespace flashcell::host {
namespace {

using Views = std::vector<BoardView>;

constexpr size_t kGoodViews = 10;      // from there on more of them change little
constexpr double kGoodCoverage = 0.6;  // of the picture
constexpr double kGoodFocal = 0.01;    // standard deviation, share
constexpr double kGoodError = 1.0;     // px

struct Fit {
  cv::Mat camera, distortion;
  double error = 0, focal_error = 0;
  std::vector<double> view_errors;
};

Fit fit(const Views& views, const Checkerboard& board, cv::Size picture, bool with_k3) {
  const std::vector<std::vector<cv::Point3f>> on_board(views.size(), board_points(board));
  std::vector<std::vector<cv::Point2f>> seen;
  seen.reserve(views.size());
  for (const BoardView& view : views) seen.push_back(view.corners);
  Fit result;
  cv::Mat deviations, view_errors;
  std::vector<cv::Mat> turns, shifts;
  const cv::TermCriteria until(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 200, 1e-12);
  result.error = cv::calibrateCamera(on_board, seen, picture, result.camera, result.distortion, turns, shifts,
                                     deviations, cv::noArray(), view_errors, with_k3 ? 0 : cv::CALIB_FIX_K3, until);
  result.focal_error = deviations.at<double>(0) / result.camera.at<double>(0, 0);
  for (int i = 0; i < static_cast<int>(view_errors.total()); ++i)
    result.view_errors.push_back(view_errors.at<double>(i));
  return result;
}

/// The sum of squared distances, px, of a view's corners from where the lens puts them with the board as it fits best.
double squared_error(const Fit& lens, const BoardView& view, const Checkerboard& board) {
  const std::vector<cv::Point3f> on_board = board_points(board);
  cv::Mat turn, shift;
  std::vector<cv::Point2f> expected;
  cv::solvePnP(on_board, view.corners, lens.camera, lens.distortion, turn, shift);
  cv::projectPoints(on_board, turn, shift, lens.camera, lens.distortion, expected);
  double sum = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const cv::Point2f off = expected[i] - view.corners[i];
    sum += off.ddot(off);
  }
  return sum;
}

/// Over views that the lens was not fitted to: every second one by the lens of the others.
double foretold_error(const Views& views, const Checkerboard& board, cv::Size picture, bool with_k3) {
  double sum = 0;
  for (const size_t parity : {size_t{0}, size_t{1}}) {
    Views taught, asked;
    for (size_t i = 0; i < views.size(); ++i) (i % 2 == parity ? taught : asked).push_back(views[i]);
    const Fit lens = fit(taught, board, picture, with_k3);
    for (const BoardView& view : asked) sum += squared_error(lens, view, board);
  }
  return sum;
}

bool wants_k3(const Views& views, const Checkerboard& board, cv::Size picture) {
  if (views.size() < kGoodViews) return false;
  return foretold_error(views, board, picture, true) < foretold_error(views, board, picture, false);
}

/// Without those that fit far worse than most.
Views without_outliers(const Views& views, const std::vector<double>& errors) {
  constexpr double kFar = 3;  // times the median
  std::vector<double> sorted = errors;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
  const double median = sorted[sorted.size() / 2];
  Views kept;
  for (size_t i = 0; i < views.size(); ++i) {
    if (errors[i] <= kFar * median) kept.push_back(views[i]);
  }
  return kept.size() >= kFewestViews ? kept : views;
}

Lens lens_of(const Fit& fit, cv::Size picture) {
  Lens lens;
  lens.fx = fit.camera.at<double>(0, 0);
  lens.fy = fit.camera.at<double>(1, 1);
  lens.cx = fit.camera.at<double>(0, 2);
  lens.cy = fit.camera.at<double>(1, 2);
  lens.k1 = fit.distortion.at<double>(0);
  lens.k2 = fit.distortion.at<double>(1);
  lens.p1 = fit.distortion.at<double>(2);
  lens.p2 = fit.distortion.at<double>(3);
  lens.k3 = fit.distortion.at<double>(4);
  lens.width = picture.width;
  lens.height = picture.height;
  return lens;
}

bool holds_in_corners(const Lens& lens) {
  const Undistortion undistortion(lens);
  for (const double x : {-0.5, lens.width - 0.5}) {
    for (const double y : {-0.5, lens.height - 0.5}) {
      if (!std::isfinite(undistortion.at(x, y).x)) return false;
    }
  }
  return true;
}

}  // namespace

CameraCalibration calibrate(const Views& views, const Checkerboard& board, cv::Size picture) {
  if (views.size() < kFewestViews) {
    throw Error(Fault::input, fmt::format("{} pictures show the board of {}x{} inner corners; at least {} are needed, "
                                          "and {} or more, tilted each time another way, give a good lens",
                                          views.size(), board.columns, board.rows, kFewestViews, kGoodViews));
  }
  try {
    const bool with_k3 = wants_k3(views, board, picture);
    CameraCalibration result;
    Fit lens = fit(views, board, picture, with_k3);
    result.used = without_outliers(views, lens.view_errors);
    result.left_out = views.size() - result.used.size();
    if (result.left_out > 0) lens = fit(result.used, board, picture, with_k3);
    result.lens = lens_of(lens, picture);
    result.error = lens.error;
    result.focal_error = lens.focal_error;
    result.coverage = coverage(result.used, board, picture);
    return result;
  } catch (const cv::Exception&) {
    throw Error(Fault::input,
                "the boards say too little of the lens: show the board in many places, tilted each time "
                "another way");
  }
}

std::vector<std::string> doubts(const CameraCalibration& c) {
  std::vector<std::string> lines;
  if (c.used.size() < kGoodViews)
    lines.push_back(fmt::format("only {} pictures of the board: take {} or more", c.used.size(), kGoodViews));
  if (c.coverage < kGoodCoverage)
    lines.push_back(fmt::format("the boards covered {:.0f} % of the picture: show them near every edge and corner too",
                                100 * c.coverage));
  if (!(c.focal_error <= kGoodFocal))
    lines.push_back(fmt::format("the focal length is known to {:.1f} % only: tilt the board more, by 30 to 45 degrees",
                                100 * c.focal_error));
  if (!(c.error <= kGoodError))
    lines.push_back(
        fmt::format("corners are {:.1f} px off: is the board flat, sharp, held still, and --board right?", c.error));
  if (!holds_in_corners(c.lens))
    lines.emplace_back(
        "the lens says nothing of the picture's corners, places there get no value: show boards closer "
        "to them");
  return lines;
}

}  // namespace flashcell::host
