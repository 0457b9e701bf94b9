#pragma once
#include <array>
#include <cstdint>
#include <span>

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

/// What weighs a pixel in an object's position.
enum class CentroidWeight : uint8_t {
  area,      ///< all alike
  grey,      ///< its grey value: bright objects, sub-pixel
  darkness,  ///< how much darker it is than `white`: dark objects, sub-pixel
};

/// How detections are derived from records.
struct MeasureParameters {
  uint8_t features = 0;                            ///< contract::FeatureBits measured
  CentroidWeight centroid = CentroidWeight::area;  ///< needs kFeatureIntensity, else area
  double white = 255;  ///< grey level that weighs nothing, for CentroidWeight::darkness; no pixel of an object above it
};

/// Derived features of an object, put in place into `detection`, a new one. `features` is null only where
/// measure.features is 0.
void measure_detection(const contract::ObjectRecord& object, const contract::ObjectFeatures* features,
                       const MeasureParameters& measure, Detection& detection);
Detection make_detection(const contract::ObjectRecord& object, const contract::ObjectFeatures* features,
                         const MeasureParameters& measure);

/// Throws std::invalid_argument where a detection has a value that is not finite, or an area or box side that is not
/// above 0.
void check_detections(std::span<const Detection> detections);

}  // namespace flashcell::tracking
