#pragma once
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include "quant_models/tensor/quantization.hpp"
#include "quant_models/tensor/tensor.hpp"

// The arithmetic of stored integers, in floating point. One rule wherever a real number becomes an integer: to the
// nearest, halves up (towards +infinity), as the kernel's requantization (acc * m + 2^(e-1)) >> e does. ONNX runtimes
// round halves to even: their integers differ on exact ties only.
namespace flashcell::quant {

/// Nearest integer, halves up; exact for every float. NaN stays NaN. Without a call of floor, so that compilers
/// vectorize it for every processor.
inline float round_half_up(float x) {
  const bool has_fraction = std::abs(x) < 0x1p23F;
  const float inside = has_fraction ? x : 0;
  const auto towards_zero = static_cast<float>(static_cast<int32_t>(inside));
  const float below = towards_zero - (towards_zero > inside ? 1.0F : 0.0F);
  const float nearest = below + (inside - below >= 0.5F ? 1.0F : 0.0F);  // the difference of neighbours is exact
  return has_fraction ? nearest : x;
}

/// q = clamp(round_half_up(x / scale) + zero_point, lowest, highest). NaN becomes lowest.
inline int32_t quantize(float x, float scale, int32_t zero_point, int32_t lowest, int32_t highest) {
  const float q = round_half_up(x / scale) + static_cast<float>(zero_point);
  if (!(q > static_cast<float>(lowest))) return lowest;
  return q < static_cast<float>(highest) ? static_cast<int32_t>(q) : highest;
}

/// scale * (q - zero_point).
inline float dequantize(int32_t q, float scale, int32_t zero_point) {
  return scale * static_cast<float>(q - zero_point);
}

/// round(-2 log2(x / scale)), halves up, between 0 and highest; highest for 0, numbers below it and NaN.
/// Worked out on exponent and mantissa: the same integer on every machine.
int32_t quantize_log_sqrt2(float x, float scale, int32_t highest);

/// scale * 2^(-q/2), 0 for q = highest.
float dequantize_log_sqrt2(int32_t q, float scale, int32_t highest);

/// Each number to its nearest storable one (log_sqrt2: nearest in the logarithm), in place. `values` has the given
/// shape; per-channel scales run along quantization.axis. Throws std::invalid_argument when sizes do not fit.
void fake_quantize(std::span<float> values, const Shape& shape, const Quantization& quantization);

/// The tensor's integers, in its order.
std::vector<int32_t> quantize(const Tensor& tensor, const Quantization& quantization);

/// The tensor that the integers stand for.
Tensor dequantize(std::span<const int32_t> integers, const Shape& shape, const Quantization& quantization);

/// The tensor as it is computed with: fake-quantized where there is a quantization.
Tensor effective(Tensor tensor, const std::optional<Quantization>& quantization);

}  // namespace flashcell::quant
