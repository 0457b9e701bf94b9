#pragma once
#include <vector>

namespace flashcell::tracking {

/// How the camera has moved, told by the objects: they all lie off their predictions by the same. What is estimated
/// is the median of their displacements, weighed by whether it is more than its own error. How much the camera is wont
/// to move is learned as the recording goes (empirical Bayes): a camera that stands still soon moves nothing.
class CameraMotion {
 public:
  struct Shift {
    double x = 0, y = 0;  ///< px
  };

  /// One object that was seen in the frame before lies at (x, y) px from its prediction.
  void add(double x, double y);

  /// Of the objects added since the last call, `dt` s after the frame before. None with fewer than four.
  Shift estimate(double dt);

 private:
  struct Axis {
    std::vector<double> off;  ///< px, of each object
    double variance = 0;      ///< of the camera's steps, px^2
    double estimate(double rate);
  };

  Axis x_, y_;
};

}  // namespace flashcell::tracking
