#include "tracking/detection.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace flashcell::tracking {

namespace {

/// Centroid of the pixels' weights; stays where it is when nothing weighs anything.
void weigh(const contract::ObjectRecord& object, const contract::ObjectFeatures& features,
           const MeasureParameters& measure, Detection& detection) {
  double sum = static_cast<double>(features.sum_i), x = static_cast<double>(features.sum_ix),
         y = static_cast<double>(features.sum_iy);
  if (measure.centroid == CentroidWeight::area) return;
  if (measure.centroid == CentroidWeight::darkness) {
    sum = measure.white * static_cast<double>(object.m00) - sum;
    x = measure.white * static_cast<double>(object.m10) - x;
    y = measure.white * static_cast<double>(object.m01) - y;
  }
  if (!(sum > 0)) return;
  detection.x = x / sum;
  detection.y = y / sum;
}

/// Finite only where all values are. In four lanes, because one sum would wait for every addition before the next.
template <size_t N>
float sum_of(const std::array<float, N>& values) {
  float lane[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 <= N; i += 4) {
    for (size_t k = 0; k < 4; ++k) lane[k] += values[i + k];
  }
  for (; i < N; ++i) lane[0] += values[i];
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

}  // namespace

void measure_detection(const contract::ObjectRecord& object, const contract::ObjectFeatures* features,
                       const MeasureParameters& measure, Detection& detection) {
  const double area = object.m00;
  const double mean_x = static_cast<double>(object.m10) / area, mean_y = static_cast<double>(object.m01) / area;
  detection.x = mean_x;
  detection.y = mean_y;
  detection.area = area;
  detection.box = {static_cast<double>(object.left), static_cast<double>(object.top),
                   static_cast<double>(object.right - object.left + 1),
                   static_cast<double>(object.bottom - object.top + 1)};
  detection.cov_xx = static_cast<double>(object.m20) / area - mean_x * mean_x;
  detection.cov_xy = static_cast<double>(object.m11) / area - mean_x * mean_y;
  detection.cov_yy = static_cast<double>(object.m02) / area - mean_y * mean_y;
  detection.colour_class = static_cast<int>(object.class_id);
  detection.has_shape = true;
  if ((measure.features & contract::kFeatureHlac) != 0) {
    detection.has_hlac = true;
    for (int i = 0; i < contract::kHlacCount; ++i) {
      detection.hlac[i] = static_cast<float>(features->hlac[i]) / static_cast<float>(object.m00);
    }
  }
  if ((measure.features & contract::kFeatureHue) != 0) {
    detection.has_hue = true;
    uint64_t chromatic = 0;
    for (uint32_t count : features->hue) chromatic += count;
    for (int i = 0; i < contract::kHueBins && chromatic > 0; ++i) {
      detection.hue[i] = static_cast<float>(features->hue[i]) / static_cast<float>(chromatic);
    }
    detection.chromatic_fraction = static_cast<float>(static_cast<double>(chromatic) / area);
  }
  if ((measure.features & contract::kFeatureIntensity) != 0) {
    detection.mean_grey = static_cast<float>(static_cast<double>(features->sum_i) / area);
    weigh(object, *features, measure, detection);
  }
}

Detection make_detection(const contract::ObjectRecord& object, const contract::ObjectFeatures* features,
                         const MeasureParameters& measure) {
  Detection detection;
  measure_detection(object, features, measure, detection);
  return detection;
}

void check_detections(std::span<const Detection> detections) {
  for (size_t i = 0; i < detections.size(); ++i) {
    const Detection& d = detections[i];
    const float features = d.chromatic_fraction + d.mean_grey + d.confidence + sum_of(d.hlac) + sum_of(d.hue);
    const double sum = d.x + d.y + d.box.left + d.box.top + d.box.width + d.box.height + d.area + d.cov_xx + d.cov_xy +
                       d.cov_yy + features;
    if (!std::isfinite(sum) || !(d.area > 0) || !(d.box.width > 0) || !(d.box.height > 0)) {
      throw std::invalid_argument("tracker: detection " + std::to_string(i) +
                                  " has a value that is not finite, or an area or box side that is not above 0");
    }
  }
}

}  // namespace flashcell::tracking
