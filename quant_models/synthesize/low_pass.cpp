#include "quant_models/synthesize/low_pass.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace flashcell::quant {

std::vector<double> low_pass_gains(int64_t length, double cutoff) {
  if (length < 1 || !(cutoff > 0)) throw std::invalid_argument("low pass: length or cutoff is not above 0");
  std::vector<double> gains;
  for (int64_t k = 0; k < length; ++k) {
    const auto frequency = static_cast<double>(std::min(k, length - k));
    gains.push_back(std::exp(-frequency * frequency / (2 * cutoff * cutoff)));
  }
  return gains;
}

std::vector<double> low_pass_matrix(int64_t length, double cutoff) {
  const std::vector<double> gains = low_pass_gains(length, cutoff);
  const size_t n = gains.size();
  // Entry (i, j) is the impulse response at distance i - j, the real part of the sum of all frequencies.
  std::vector<double> response(n);
  for (size_t distance = 0; distance < n; ++distance)
    for (size_t k = 0; k < n; ++k) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k * distance % n) / static_cast<double>(n);
      response[distance] += gains[k] * std::cos(angle) / static_cast<double>(n);
    }
  std::vector<double> matrix(n * n);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) matrix[i * n + j] = response[i < j ? j - i : i - j];
  return matrix;
}

double published_cutoff(int64_t rows, int64_t columns) {
  const double power = std::log(40.0 / 8) / std::log(224.0 / 32);
  return 8 * std::pow(static_cast<double>(std::min(rows, columns)) / 32, power);
}

}  // namespace flashcell::quant
