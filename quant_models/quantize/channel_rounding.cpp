#include "quant_models/quantize/channel_rounding.hpp"

#include <algorithm>
#include <utility>

#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

std::vector<float> in_steps(std::span<const float> weights, float scale) {
  std::vector<float> steps(weights.begin(), weights.end());
  for (float& s : steps) s /= scale;
  return steps;
}

class ChannelRounding {
 public:
  ChannelRounding(const RoundingProblem& problem, size_t channel, std::span<const float> weights, int low, int high)
      : problem_(problem), channel_(channel), weights_(weights), low_(low), high_(high) {}

  RoundedChannel nearest(float scale) const {
    RoundedChannel made{scale, in_steps(weights_, scale), 0};
    for (float& s : made.integers)
      s = std::clamp(round_half_up(s), static_cast<float>(low_), static_cast<float>(high_));
    return made;
  }

  double error(const RoundedChannel& r) const {
    const double scale = r.scale;
    return problem_.error(channel_, in_steps(weights_, r.scale), r.integers, scale) * scale * scale;
  }

  float search_scale(float scale) const {
    constexpr int kFirst = 20, kLast = 55;
    constexpr float kShare = 0.02F;
    float best = scale;
    double least = error(nearest(scale));
    for (int k = kFirst; k <= kLast; ++k) {
      const float candidate = scale * kShare * static_cast<float>(k);
      const double reached = error(nearest(candidate));
      if (reached < least) {
        least = reached;
        best = candidate;
      }
    }
    return best;
  }

  RoundedChannel adapted(float scale, int iterations) const {
    return {scale,
            problem_.round(channel_, in_steps(weights_, scale), static_cast<double>(scale), low_, high_, iterations),
            0};
  }

  RoundedChannel descended(RoundedChannel r) const {
    r.integers = problem_.descend(channel_, in_steps(weights_, r.scale), std::move(r.integers),
                                  static_cast<double>(r.scale), low_, high_);
    return r;
  }

  // The scale for the integers, the integers for that scale, and so on while they come closer.
  RoundedChannel refitted(RoundedChannel r) const {
    constexpr int kMostTurns = 3;
    for (int turn = 0; turn < kMostTurns; ++turn) {
      const float scale = problem_.best_scale(channel_, weights_, r.integers);
      if (scale == 0) break;
      RoundedChannel next = descended({scale, r.integers, 0});
      if (error(next) >= error(r)) break;
      r = std::move(next);
    }
    return r;
  }

  RoundedChannel with_bias(RoundedChannel r) const {
    r.bias_change = static_cast<float>(
        problem_.bias_change(channel_, in_steps(weights_, r.scale), r.integers, static_cast<double>(r.scale)));
    return r;
  }

 private:
  const RoundingProblem& problem_;
  size_t channel_;
  std::span<const float> weights_;
  int low_, high_;
};

}  // namespace

RoundedChannel round_channel(const RoundingProblem& problem, size_t channel, std::span<const float> weights,
                             float scale, int low, int high, bool fits_scale, int iterations) {
  const ChannelRounding rounding(problem, channel, weights, low, high);
  const float chosen = fits_scale ? rounding.search_scale(scale) : scale;
  RoundedChannel rounded = rounding.descended(rounding.adapted(chosen, iterations)), nearest = rounding.nearest(scale);
  if (fits_scale) rounded = rounding.refitted(std::move(rounded));
  return rounding.with_bias(rounding.error(rounded) < rounding.error(nearest) ? std::move(rounded)
                                                                              : std::move(nearest));
}

}  // namespace flashcell::quant
