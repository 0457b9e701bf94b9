#include "quant_models/cim/rectified.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace flashcell::quant::cim {

Moments rectified_normal(double mean, double sigma) {
  if (sigma <= 0) return {std::max(mean, 0.0), 0};
  const double a = mean / sigma;
  const double density = std::exp(-a * a / 2) / std::sqrt(2 * std::numbers::pi);
  const double below = std::erfc(-a / std::numbers::sqrt2) / 2;
  const double first = mean * below + sigma * density;
  const double second = (mean * mean + sigma * sigma) * below + mean * sigma * density;
  return {first, std::max(second - first * first, 0.0)};
}

Moments rectified_uniform(double mean, double sigma) {
  const double half = std::numbers::sqrt3 * sigma;
  if (mean >= half) return {mean, sigma * sigma};
  if (mean <= -half) return {};
  const double top = mean + half, first = top * top / (4 * half);
  return {first, top * top * top / (6 * half) - first * first};
}

}  // namespace flashcell::quant::cim
