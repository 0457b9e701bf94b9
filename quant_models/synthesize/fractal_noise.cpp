#include "quant_models/synthesize/fractal_noise.hpp"

#include <cmath>

#include "quant_models/random.hpp"

namespace flashcell::quant {
namespace {

constexpr int kMostOctaves = 6;
// Of numbers even in -1..1, and of their means at places even between them, weighed by eased().
constexpr double kVariance = 1.0 / 3 * (26.0 / 35) * (26.0 / 35);

double eased(double t) {
  return t * t * (3 - 2 * t);
}

double on_grid(uint64_t seed, double column, double row) {
  const auto number = [](double place) { return static_cast<uint64_t>(static_cast<int64_t>(place)); };
  return Random(seed, {number(column), number(row)}).uniform(-1, 1);
}

double between(uint64_t seed, double x, double y) {
  const double column = std::floor(x), row = std::floor(y), right = eased(x - column);
  const double above = std::lerp(on_grid(seed, column, row), on_grid(seed, column + 1, row), right);
  const double below = std::lerp(on_grid(seed, column, row + 1), on_grid(seed, column + 1, row + 1), right);
  return std::lerp(above, below, eased(y - row));
}

}  // namespace

FractalNoise::FractalNoise(double period, double roughness, uint64_t seed) {
  double weight = 1, sum = 0;
  for (int i = 0; i < kMostOctaves && period > 1; ++i, period /= 2, weight *= roughness) {
    octaves_.push_back({1 / period, weight, seed + static_cast<uint64_t>(i)});
    sum += weight * weight;
  }
  for (Octave& octave : octaves_) octave.weight /= std::sqrt(sum * kVariance);
}

double FractalNoise::at(double x, double y) const {
  double sum = 0;
  for (const Octave& octave : octaves_)
    sum += octave.weight * between(octave.seed, x * octave.frequency, y * octave.frequency);
  return sum;
}

}  // namespace flashcell::quant
