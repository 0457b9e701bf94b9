#pragma once
#include <array>
#include <span>
#include <vector>

#include "quant_models/tensor/quantization.hpp"

// Scales by trying a few percentiles on the numbers themselves. Source: Li, Xiao, Yang, Gu, RepQ-ViT, ICCV 2023, and
// its public code: of three shares of the numbers that are covered, the one with the least mean squared error.
namespace flashcell::quant {

/// Shares of the numbers at or below the largest one that is covered; as many at the lower end.
inline constexpr std::array<double, 3> kPercentileCandidates = {0.999, 0.9999, 0.99999};

/// Even steps from a smallest number on, as they are before anybody stores them: the zero point may lie outside of the
/// integers where all numbers have one sign.
struct AffineSteps {
  double scale = 1, zero_point = 0;
};

/// The `fraction`-quantile, interpolated between neighbours (NumPy's "linear"). `numbers` is not empty; it is
/// reordered.
double quantile(std::span<float> numbers, double fraction);

/// Asymmetric steps for 2^bits integers. Throws std::invalid_argument for no numbers or bits out of range, ModelError
/// for one that is not finite.
AffineSteps search_affine(std::span<const float> numbers, int bits);

/// The same for numbers from 0 up on a logarithmic scale (log_sqrt2_quantization()).
Quantization search_log_sqrt2(std::span<const float> numbers, int bits, bool narrow);

/// Unsigned integers with these steps; the zero point is rounded and brought into their range, and the scale widened to
/// cover what was covered where that moves it.
Quantization storable(const AffineSteps& steps, int bits);

/// Steps for each index of the last dimension: `channels` numbers after each other, again and again.
std::vector<AffineSteps> search_affine_by_channel(std::span<const float> numbers, size_t channels, int bits);

}  // namespace flashcell::quant
