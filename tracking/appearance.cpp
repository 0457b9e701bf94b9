#include "tracking/appearance.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

constexpr float kAreaSigma = 0.08f;  ///< of log area, a small object's flicker at its edge
constexpr float kElongationSigma = 0.15f;
constexpr float kSpreadSigma = 0.15f;
constexpr float kHlacSigma = 0.05f;    ///< of one normalized HLAC value
constexpr float kColourScale = 0.06f;  ///< of 1 - Bhattacharyya coefficient
constexpr float kAreaBound = 25, kShapeBound = 9, kHlacBound = 16, kColourBound = 30, kGreyBound = 9;
constexpr float kSlowest = 1.0f / 20;  ///< weight of a new sighting once many are known

/// Four lanes, so that the compiler may use SIMD without changing the order of additions from machine to machine.
template <size_t N, class Term>
float sum_in_lanes(const std::array<float, N>& a, const std::array<float, N>& b, const Term& term) {
  static_assert(N % 4 == 0);
  float lane[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < N; i += 4) {
    for (size_t k = 0; k < 4; ++k) lane[k] += term(a[i + k], b[i + k]);
  }
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

}  // namespace

void look_at(const Detection& detection, Look& look) {
  look.log_area = std::log(static_cast<float>(detection.area));
  look.grey = detection.mean_grey;
  look.colour_class = detection.colour_class;
  look.region = RegionMap::kNone;
  look.has_shape = detection.has_shape;
  look.has_hlac = detection.has_hlac;
  look.has_hue = detection.has_hue;
  look.elongation_x = look.elongation_y = look.log_spread = 0;
  if (detection.has_shape) {
    // One pixel has no second moments; 1/6 is those of the pixel's own square.
    const double spread = detection.cov_xx + detection.cov_yy + 1.0 / 6;
    look.elongation_x = static_cast<float>((detection.cov_xx - detection.cov_yy) / spread);
    look.elongation_y = static_cast<float>(2 * detection.cov_xy / spread);
    look.log_spread = std::log(static_cast<float>(spread / detection.area));
  }
  if (detection.has_hlac) std::copy(detection.hlac.begin(), detection.hlac.end(), look.hlac.begin());
  if (detection.has_hue) {
    for (int i = 0; i < contract::kHueBins; ++i) {
      look.colour[i] = std::sqrt(std::max(0.0f, detection.hue[i] * detection.chromatic_fraction));
    }
    look.colour[contract::kHueBins] = std::sqrt(std::max(0.0f, 1 - detection.chromatic_fraction));
  }
}

void Appearance::learn(const Look& look) {
  ++learned_;
  const float weight = std::max(kSlowest, 1.0f / static_cast<float>(learned_));
  const float change = look.log_area - look_.log_area;
  area_variance_ += weight * (std::min(square(change), 0.25f) - area_variance_);
  const auto blend = [weight](float& mean, float value) { mean += weight * (value - mean); };
  blend(look_.log_area, look.log_area);
  blend(look_.grey, look.grey);
  blend(look_.log_spread, look.log_spread);
  // Orientation is not the object's own: the newest counts most.
  look_.elongation_x += 0.5f * (look.elongation_x - look_.elongation_x);
  look_.elongation_y += 0.5f * (look.elongation_y - look_.elongation_y);
  if (look.has_hlac) {
    for (size_t i = 0; i < look_.hlac.size(); ++i) blend(look_.hlac[i], look.hlac[i]);
  }
  if (look.has_hue) {
    for (size_t i = 0; i < look_.colour.size(); ++i) blend(look_.colour[i], look.colour[i]);
  }
  look_.colour_class = look.colour_class;
  if (look.region != RegionMap::kNone) look_.region = look.region;
}

double Appearance::distance(const Look& look, const TrackerParameters& weights) const {
  double sum = 0;
  if (weights.weight_shape > 0) {
    const float area = square(look.log_area - look_.log_area) / (square(kAreaSigma) + area_variance_);
    float shape = 0, grey = 0;
    if (look.has_shape && look_.has_shape) {
      shape = (square(look.elongation_x - look_.elongation_x) + square(look.elongation_y - look_.elongation_y)) /
                  square(kElongationSigma) +
              square((look.log_spread - look_.log_spread) / kSpreadSigma);
    }
    if (look.grey > 0 && look_.grey > 0) {
      grey = square((look.grey - look_.grey) / (0.05f * (look.grey + look_.grey) + 2));
    }
    sum +=
        weights.weight_shape * (std::min(area, kAreaBound) + std::min(shape, kShapeBound) + std::min(grey, kGreyBound));
  }
  if (weights.weight_hlac > 0 && look.has_hlac && look_.has_hlac) {
    const float squares = sum_in_lanes(look.hlac, look_.hlac, [](float a, float b) { return (a - b) * (a - b); });
    sum += weights.weight_hlac * std::min(squares / (contract::kHlacCount * square(kHlacSigma)), kHlacBound);
  }
  if (weights.weight_hue > 0 && look.has_hue && look_.has_hue) {
    const float coefficient = sum_in_lanes(look.colour, look_.colour, [](float a, float b) { return a * b; });
    sum += weights.weight_hue * std::min(std::max(0.0f, 1 - coefficient) / kColourScale, kColourBound);
  }
  return sum;
}

}  // namespace flashcell::tracking
