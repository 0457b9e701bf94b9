#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tracking/detection.hpp"

namespace flashcell::tracking {

/// One frame of a box' track.
struct BoxSight {
  int64_t frame = 0;
  double time = 0;         ///< s
  Box measured;            ///< px; in a gap, between its ends
  Box estimate;            ///< px, as known in that frame
  double vx = 0, vy = 0;   ///< px/s
  int32_t detection = -1;  ///< -1 in a gap
};

/// The last frames of one track, whose boxes are smoothed from both sides once what follows is known. A detector's
/// boxes breathe: their errors are far larger than what an object does from one frame to the next.
class BoxHistory {
 public:
  /// Times must rise.
  void push(const BoxSight& sight);
  void clear();

  /// Room for so many sights.
  void reserve(size_t sights);
  size_t capacity() const { return sights_.capacity(); }

  size_t size() const { return sights_.size(); }
  BoxSight& operator[](size_t index) { return sights_[index]; }
  const BoxSight& operator[](size_t index) const { return sights_[index]; }
  const BoxSight& back() const { return sights_.back(); }

  /// Box of sight `index` from those within `half_width` s before and after: lines fitted to each side's centre and
  /// extent. Where the object does not move along a line for so long, from fewer: of the windows half_width, its half,
  /// quarter … the longest that agrees with all shorter ones within their errors (intersection of confidence intervals:
  /// Goldenshluger, Nemirovski 1997). `sigma`: standard deviation of a measured value, px. Time does not depend on the
  /// window.
  Box smooth(size_t index, double half_width, double sigma) const;

  /// Forgets what is older, now and then: takes no time a frame. Returns how many sights are gone from the front.
  size_t forget_before(double time);

  /// Standard deviation of a measured centre, px, by how far the last ones lie off the middle of their neighbours: what
  /// shakes from frame to frame, which is less than the whole error.
  double roughness() const { return std::sqrt(roughness_ / 12); }

 private:
  /// Sums over all sights up to one, of times and values from an origin near by.
  struct Sums {
    double t = 0, tt = 0;
    std::array<double, 4> v{}, tv{};
  };

  void learn_roughness();
  void add_sums(const BoxSight& sight);

  std::vector<BoxSight> sights_;
  std::vector<double> times_;  ///< of the sights, close together for searching
  std::vector<Sums> sums_;
  double origin_time_ = 0;
  std::array<double, 4> origin_{};
  double roughness_ = 0;  ///< px^2, of second differences, both coordinates
  int rough_ = 0;         ///< differences it was learned from
};

}  // namespace flashcell::tracking
