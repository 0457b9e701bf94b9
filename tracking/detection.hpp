#pragma once
#include <array>
#include <cstdint>

#include "kernels_hls/contract/object.hpp"

namespace flashcell::tracking {

/// Axis-parallel box in px; left/top is the outer edge of the first pixel, so one pixel has width 1.
struct Box {
  double left = 0, top = 0, width = 0, height = 0;
  double area() const { return width * height; }
};

/// One measured object as the tracker sees it: derived from an ObjectRecord, or a box from a detector.
struct Detection {
  double x = 0, y = 0;  ///< centroid, px (pixel centres are integers); the box's centre for detectors
  Box box;
  double area = 0;                                 ///< px
  double cov_xx = 0, cov_xy = 0, cov_yy = 0;       ///< central second moments divided by area, px^2
  std::array<float, contract::kHlacCount> hlac{};  ///< normalized by area
  std::array<float, contract::kHueBins> hue{};     ///< sums to 1, or all 0 without chromatic pixels
  float chromatic_fraction = 0;                    ///< share of the area that the hue histogram counts
  float mean_grey = 0;                             ///< 0 where intensity was not measured
  float confidence = 1;                            ///< of a detector
  int colour_class = 0;
  bool has_hlac = false, has_hue = false, has_shape = false;
};

/// Derived features of a record. `intensity_centroid`: position from grey sums instead of the binary area (sub-pixel).
Detection make_detection(const contract::ObjectRecord& object, uint8_t features, bool intensity_centroid);

}  // namespace flashcell::tracking
