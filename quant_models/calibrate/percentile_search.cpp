#include "quant_models/calibrate/percentile_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

void check(std::span<const float> numbers, int bits) {
  if (numbers.empty()) throw std::invalid_argument("percentile search: no numbers");
  if (bits < kMinBits || bits > kMaxBits) throw std::invalid_argument("percentile search: bits must be 1 to 16");
  if (!std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); }))
    throw ModelError("calibration met a number that is not finite (NaN or infinity)");
}

double highest_of(int bits) {
  return static_cast<double>((1 << bits) - 1);
}

double mean_error(std::span<const float> numbers, const AffineSteps& steps, int bits) {
  const double per_step = 1 / steps.scale, highest = highest_of(bits);
  double sum = 0;
  for (const float x : numbers) {
    const double integer = std::clamp(std::nearbyint(x * per_step) + steps.zero_point, 0.0, highest);
    const double error = (integer - steps.zero_point) * steps.scale - static_cast<double>(x);
    sum += error * error;
  }
  return sum / static_cast<double>(numbers.size());
}

double mean_error(std::span<const float> numbers, const Quantization& q) {
  std::vector<float> stored(numbers.begin(), numbers.end());
  fake_quantize(stored, {static_cast<int64_t>(stored.size())}, q);
  double sum = 0;
  for (size_t i = 0; i < stored.size(); ++i) {
    const double error = static_cast<double>(stored[i]) - static_cast<double>(numbers[i]);
    sum += error * error;
  }
  return sum / static_cast<double>(numbers.size());
}

}  // namespace

double quantile(std::span<float> numbers, double fraction) {
  const double place = fraction * static_cast<double>(numbers.size() - 1);
  const auto below = static_cast<ptrdiff_t>(place);
  const auto at = numbers.begin() + below;
  std::nth_element(numbers.begin(), at, numbers.end());
  const auto low = static_cast<double>(*at);
  if (at + 1 == numbers.end()) return low;
  return low +
         (static_cast<double>(*std::min_element(at + 1, numbers.end())) - low) * (place - static_cast<double>(below));
}

AffineSteps search_affine(std::span<const float> numbers, int bits) {
  check(numbers, bits);
  std::vector<float> sorted(numbers.begin(), numbers.end());
  AffineSteps best;
  double least = std::numeric_limits<double>::infinity();
  for (const double candidate : kPercentileCandidates) {
    const double high = quantile(sorted, candidate), low = quantile(sorted, 1 - candidate);
    const double scale = (high - low) / highest_of(bits);
    if (!(scale >= std::numeric_limits<float>::min())) continue;  // all the same number
    const AffineSteps steps{scale, std::nearbyint(-low / scale)};
    const double error = mean_error(numbers, steps, bits);
    if (!(error < least)) continue;
    least = error;
    best = steps;
  }
  return best;
}

Quantization search_log_sqrt2(std::span<const float> numbers, int bits, bool narrow) {
  check(numbers, bits);
  if (bits > kMostLogBits) throw std::invalid_argument("percentile search: log sqrt 2 takes up to 8 bits");
  std::vector<float> sorted(numbers.begin(), numbers.end());
  Quantization best = log_sqrt2_quantization(bits, 1, narrow);
  double least = std::numeric_limits<double>::infinity();
  for (const double candidate : kPercentileCandidates) {
    const auto scale = static_cast<float>(quantile(sorted, candidate));
    if (!(scale >= std::numeric_limits<float>::min())) continue;
    const Quantization q = log_sqrt2_quantization(bits, scale, narrow);
    const double error = mean_error(numbers, q);
    if (!(error < least)) continue;
    least = error;
    best = q;
  }
  return best;
}

Quantization storable(const AffineSteps& steps, int bits) {
  Quantization q = unsigned_quantization(bits, 1);
  const double highest = highest_of(bits), low = -steps.zero_point * steps.scale,
               high = (highest - steps.zero_point) * steps.scale;
  double scale = steps.scale;
  if (low > 0) scale = high / highest;
  if (high < 0) scale = -low / highest;
  q.scale[0] = static_cast<float>(scale);
  const double zero_point = low > 0 ? 0 : high < 0 ? highest : std::nearbyint(steps.zero_point);
  q.zero_point[0] = static_cast<int32_t>(std::clamp(zero_point, 0.0, highest));
  return q;
}

std::vector<AffineSteps> search_affine_by_channel(std::span<const float> numbers, size_t channels, int bits) {
  if (channels == 0 || numbers.size() % channels != 0)
    throw std::invalid_argument("percentile search: the numbers are not so many channels'");
  std::vector<float> channel(numbers.size() / channels);
  std::vector<AffineSteps> steps;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < channel.size(); ++i) channel[i] = numbers[i * channels + c];
    steps.push_back(search_affine(channel, bits));
  }
  return steps;
}

}  // namespace flashcell::quant
