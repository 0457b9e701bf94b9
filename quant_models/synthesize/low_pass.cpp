#include "quant_models/synthesize/low_pass.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace flashcell::quant {
namespace {

// The filter of one direction as a matrix: entry (i, j) is the impulse response at distance i - j, the real part of the
// sum of all frequencies.
std::vector<double> circulant(int64_t length, double cutoff) {
  const auto n = static_cast<size_t>(length);
  std::vector<double> response(n);
  for (int64_t distance = 0; distance < length; ++distance)
    for (int64_t k = 0; k < length; ++k) {
      const auto frequency = static_cast<double>(std::min(k, length - k));
      const double gain = std::exp(-frequency * frequency / (2 * cutoff * cutoff));
      const double angle = 2 * std::numbers::pi * static_cast<double>(k * distance % length) / static_cast<double>(n);
      response[static_cast<size_t>(distance)] += gain * std::cos(angle) / static_cast<double>(n);
    }
  std::vector<double> matrix(n * n);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) matrix[i * n + j] = response[i < j ? j - i : i - j];
  return matrix;
}

}  // namespace

LowPass::LowPass(int64_t rows, int64_t columns, double cutoff) : rows_(rows), columns_(columns) {
  if (rows < 1 || columns < 1 || !(cutoff > 0)) throw std::invalid_argument("LowPass: size or cutoff is not above 0");
  along_rows_ = circulant(rows, cutoff);
  along_columns_ = circulant(columns, cutoff);
}

double LowPass::published_cutoff(int64_t rows, int64_t columns) {
  const double power = std::log(40.0 / 8) / std::log(224.0 / 32);
  return 8 * std::pow(static_cast<double>(std::min(rows, columns)) / 32, power);
}

void LowPass::apply(std::span<float> planes) const {
  const auto rows = static_cast<size_t>(rows_), columns = static_cast<size_t>(columns_);
  if (planes.size() % (rows * columns) != 0) throw std::invalid_argument("LowPass: the numbers are not whole planes");
  std::vector<double> half(rows * columns);
  for (size_t first = 0; first < planes.size(); first += rows * columns) {
    float* const plane = planes.data() + first;
    std::fill(half.begin(), half.end(), 0.0);
    for (size_t r = 0; r < rows; ++r)
      for (size_t k = 0; k < rows; ++k)
        for (size_t c = 0; c < columns; ++c)
          half[r * columns + c] += along_rows_[r * rows + k] * static_cast<double>(plane[k * columns + c]);
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < columns; ++c) {
        double sum = 0;
        for (size_t k = 0; k < columns; ++k) sum += half[r * columns + k] * along_columns_[k * columns + c];
        plane[r * columns + c] = static_cast<float>(sum);
      }
  }
}

}  // namespace flashcell::quant
