#include "quant_models/quantize/rounding_problem.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/sigmoid.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

// Of the publication: the stretched sigmoid's ends, Adam's settings, when the regularizer sets in and how it anneals.
constexpr float kLow = -0.1F, kHigh = 1.1F;
constexpr float kRate = 0.01F, kFirstMoment = 0.9F, kSecondMoment = 0.999F;
constexpr float kWarmUp = 0.2F, kFirstPower = 20, kLastPower = 2;
// Weight of the regularizer, in shares of nearest rounding's error for each weight.
constexpr float kRegularizer = 1;

float rectified(float v) {
  return std::clamp(sigmoid(v) * (kHigh - kLow) + kLow, 0.0F, 1.0F);
}

float slope_of_rectified(float v) {
  const float s = sigmoid(v), h = s * (kHigh - kLow) + kLow;
  return h > 0 && h < 1 ? s * (1 - s) * (kHigh - kLow) : 0;
}

struct Adam {
  explicit Adam(size_t count) : mean(count, 0.0F), square(count, 0.0F) {}

  float step(size_t i, float gradient, float first_left, float second_left) {
    mean[i] = kFirstMoment * mean[i] + (1 - kFirstMoment) * gradient;
    square[i] = kSecondMoment * square[i] + (1 - kSecondMoment) * gradient * gradient;
    return kRate * (mean[i] / first_left) / (std::sqrt(square[i] / second_left) + 1e-8F);
  }

  std::vector<float> mean, square;
};

// out = G e. Plain sums in a fixed order.
void multiply(const std::vector<float>& gram, std::span<const float> e, std::vector<float>& out) {
  std::fill(out.begin(), out.end(), 0.0F);
  const size_t depth = e.size();
  for (size_t k = 0; k < depth; ++k) {
    const float factor = e[k];
    const float* row = gram.data() + k * depth;
    for (size_t i = 0; i < depth; ++i) out[i] += factor * row[i];
  }
}

}  // namespace

RoundingProblem::RoundingProblem(size_t depth, size_t channels, bool fits_bias)
    : depth_(depth),
      fits_bias_(fits_bias),
      gram_(depth * depth, 0.0),
      linear_(channels * depth, 0.0),
      inputs_(depth, 0.0),
      differences_(channels, 0.0) {}

void RoundingProblem::add(std::span<const float> inputs, std::span<const float> differences) {
  ++places_;
  for (size_t k = 0; k < depth_; ++k) {
    if (inputs[k] == 0) continue;
    const double x = inputs[k];
    inputs_[k] += x;
    double* row = gram_.data() + k * depth_;
    for (size_t i = k; i < depth_; ++i) row[i] += x * static_cast<double>(inputs[i]);
  }
  for (size_t c = 0; c < differences.size(); ++c) {
    const double difference = differences[c];
    differences_[c] += difference;
    double* row = linear_.data() + c * depth_;
    for (size_t i = 0; i < depth_; ++i) row[i] += difference * static_cast<double>(inputs[i]);
  }
}

void RoundingProblem::count_from_means() {
  const auto n = static_cast<double>(std::max<size_t>(places_, 1));
  for (double& x : inputs_) x /= n;
  for (double& d : differences_) d /= n;
  for (size_t k = 0; k < depth_; ++k)
    for (size_t i = k; i < depth_; ++i) gram_[k * depth_ + i] -= n * inputs_[k] * inputs_[i];
  for (size_t c = 0; c < differences_.size(); ++c)
    for (size_t i = 0; i < depth_; ++i) linear_[c * depth_ + i] -= n * differences_[c] * inputs_[i];
}

void RoundingProblem::finish(double alike) {
  if (fits_bias_) count_from_means();
  for (size_t k = 0; k < depth_; ++k)
    for (size_t i = 0; i < k; ++i) gram_[k * depth_ + i] = gram_[i * depth_ + k];
  const double added = shrinkage(alike);
  for (size_t k = 0; k < depth_; ++k) gram_[k * depth_ + k] += added;
  scaled_.assign(gram_.begin(), gram_.end());
}

// What is added to the diagonal. The factor (1 - share) of the rest is left out: as much is wanted of the sums as
// before.
double RoundingProblem::shrinkage(double alike) const {
  const auto p = static_cast<double>(depth_), n = static_cast<double>(places_);
  double trace = 0, square = 0;
  for (size_t k = 0; k < depth_; ++k) trace += gram_[k * depth_ + k];
  for (const double x : gram_) square += x * x;
  const double spread = square - trace * trace / p;
  if (!(spread > 0)) return 0;
  const double share = ((1 - 2 / p) * square + trace * trace) / ((n + 1 - 2 / p) * spread);
  return alike * std::clamp(share, 0.0, 1.0) * trace / p;
}

std::vector<double> RoundingProblem::linear_term(size_t channel, double scale) const {
  const auto first = linear_.begin() + static_cast<ptrdiff_t>(channel * depth_);
  std::vector<double> linear(first, first + static_cast<ptrdiff_t>(depth_));
  for (double& l : linear) l /= scale;
  return linear;
}

double RoundingProblem::error(size_t channel, std::span<const float> steps, std::span<const float> rounded,
                              double scale) const {
  const std::vector<double> linear = linear_term(channel, scale);
  std::vector<float> e(depth_), product(depth_);
  for (size_t i = 0; i < depth_; ++i) e[i] = rounded[i] - steps[i];
  multiply(scaled_, e, product);
  double sum = 0;
  for (size_t i = 0; i < depth_; ++i)
    sum += (static_cast<double>(product[i]) + 2 * linear[i]) * static_cast<double>(e[i]);
  return sum;
}

float RoundingProblem::best_scale(size_t channel, std::span<const float> weights,
                                  std::span<const float> integers) const {
  std::vector<float> product(depth_);
  multiply(scaled_, integers, product);
  double wanted = 0, made = 0;
  for (size_t i = 0; i < depth_; ++i) {
    const double q = integers[i], of_gram = product[i];
    wanted += of_gram * static_cast<double>(weights[i]) - linear_[channel * depth_ + i] * q;
    made += of_gram * q;
  }
  return wanted > 0 && made > 0 ? static_cast<float>(wanted / made) : 0;
}

double RoundingProblem::bias_change(size_t channel, std::span<const float> steps, std::span<const float> rounded,
                                    double scale) const {
  if (!fits_bias_) return 0;
  double error = differences_[channel];
  for (size_t i = 0; i < depth_; ++i) error += scale * inputs_[i] * static_cast<double>(rounded[i] - steps[i]);
  return -error;
}

std::vector<float> RoundingProblem::round(size_t channel, std::span<const float> steps, double scale, int low, int high,
                                          int iterations) const {
  const auto lowest = static_cast<float>(low), highest = static_cast<float>(high);
  std::vector<float> below(depth_), v(depth_), nearest(depth_), e(depth_), gradient(depth_);
  for (size_t i = 0; i < depth_; ++i) {
    below[i] = std::floor(steps[i]);
    nearest[i] = std::clamp(round_half_up(steps[i]), lowest, highest);
    const float share = std::clamp(steps[i] - below[i], 0.0F, 1.0F);
    v[i] = -std::log((kHigh - kLow) / (share - kLow) - 1);
  }
  const auto hold = [&](size_t i, float up) { return std::clamp(below[i] + up, lowest, highest); };
  // Shares of nearest rounding's own error, whatever the layer's numbers.
  for (size_t i = 0; i < depth_; ++i) e[i] = nearest[i] - steps[i];
  multiply(scaled_, e, gradient);
  double unit = 0;
  for (size_t i = 0; i < depth_; ++i) unit += static_cast<double>(gradient[i]) * static_cast<double>(e[i]);
  if (!(unit > 0) || !std::isfinite(unit)) return nearest;
  const std::vector<double> linear = linear_term(channel, scale);
  const auto factor = static_cast<float>(2 / unit);
  const float regularizer = kRegularizer / static_cast<float>(depth_);
  Adam adam(depth_);
  float first_left = 1, second_left = 1;
  for (int step = 0; step < iterations; ++step) {
    first_left *= kFirstMoment;
    second_left *= kSecondMoment;
    const float progress = (static_cast<float>(step) / static_cast<float>(iterations) - kWarmUp) / (1 - kWarmUp);
    const float power = kFirstPower + (kLastPower - kFirstPower) * progress;
    for (size_t i = 0; i < depth_; ++i) e[i] = hold(i, rectified(v[i])) - steps[i];
    multiply(scaled_, e, gradient);
    for (size_t i = 0; i < depth_; ++i) {
      const float up = rectified(v[i]), held = below[i] + up;
      float g = held > lowest && held < highest ? factor * (gradient[i] + static_cast<float>(linear[i])) : 0;
      if (progress > 0) {
        const float away = 2 * up - 1;
        g -= regularizer * 2 * power * std::copysign(std::pow(std::abs(away), power - 1), away);
      }
      v[i] -= adam.step(i, g * slope_of_rectified(v[i]), 1 - first_left, 1 - second_left);
    }
  }
  std::vector<float> rounded(depth_);
  for (size_t i = 0; i < depth_; ++i) rounded[i] = hold(i, rectified(v[i]) >= 0.5F ? 1.0F : 0.0F);
  return error(channel, steps, rounded, scale) < error(channel, steps, nearest, scale) ? rounded : nearest;
}

std::vector<float> RoundingProblem::descend(size_t channel, std::span<const float> steps, std::vector<float> rounded,
                                            double scale, int low, int high) const {
  constexpr int kMostSweeps = 50;
  const std::vector<double> linear = linear_term(channel, scale);
  std::vector<float> e(depth_), slope(depth_);  // half of the error's gradient
  for (size_t i = 0; i < depth_; ++i) e[i] = rounded[i] - steps[i];
  multiply(scaled_, e, slope);
  for (size_t i = 0; i < depth_; ++i) slope[i] += static_cast<float>(linear[i]);
  bool moved = true;
  for (int sweep = 0; moved && sweep < kMostSweeps; ++sweep) {
    moved = false;
    for (size_t i = 0; i < depth_; ++i) {
      const float* row = scaled_.data() + i * depth_;
      const float below = std::floor(steps[i]), above = std::ceil(steps[i]);
      const float other =
          std::clamp(rounded[i] == below ? above : below, static_cast<float>(low), static_cast<float>(high));
      const float change = other - rounded[i];
      if (change * (2 * slope[i] + change * row[i]) >= 0) continue;
      rounded[i] = other;
      moved = true;
      for (size_t k = 0; k < depth_; ++k) slope[k] += change * row[k];
    }
  }
  return rounded;
}

}  // namespace flashcell::quant
