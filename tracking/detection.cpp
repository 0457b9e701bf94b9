#include "tracking/detection.hpp"

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

}  // namespace

Detection make_detection(const contract::ObjectRecord& object, const contract::ObjectFeatures* features,
                         const MeasureParameters& measure) {
  Detection detection;
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
  return detection;
}

}  // namespace flashcell::tracking
