#pragma once
#include <string>
#include <vector>

#include "host/calibrate/board.hpp"
#include "pipeline/lens.hpp"

namespace flashcell::host {

/// A lens, and how far it is to be trusted.
struct CameraCalibration {
  Lens lens;
  double error = 0;        ///< px: root mean square distance of the corners from where the lens puts them
  double focal_error = 0;  ///< standard deviation of fx, as a share of it
  double coverage = 0;     ///< share of the picture that the boards covered, 0..1
  std::vector<BoardView> used;
  size_t left_out = 0;  ///< views that fit far worse than the others: blurred, or bent boards
};

/// The lens that explains the views best (OpenCV's calibrateCamera: Zhang's method). k3 is taken in only where it
/// foretells the corners of views that it was not fitted to better. Throws Error(Fault::input) with fewer than
/// kFewestViews.
CameraCalibration calibrate(const std::vector<BoardView>& views, const Checkerboard& board, cv::Size picture);

constexpr size_t kFewestViews = 3;

/// What makes the result worth less than it could be, one line each, and what to do.
std::vector<std::string> doubts(const CameraCalibration& calibration);

}  // namespace flashcell::host
