#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

// What the gates of recurrent cells are made of, number by number. In float32 every sum and product is written out and
// rounded one by one, so that a SIMD loop, a simulated processor and this header give the same bytes.
namespace flashcell::quant {

/// exp(x) to 2 units in the last place, as quant_models/layers/vector_functions.hpp has it: x = n ln 2 + r, Taylor
/// polynomial of degree 7 in r. 0 and infinity beyond float32.
inline float gate_exponential(float x) {
  const float inside = std::fmin(std::fmax(x, -104.0F), 89.0F);
  const float n = std::nearbyintf(inside * 1.4426950408889634F);
  // ln 2 in two parts, of which the first times n is exact.
  const float r = (inside - n * 0.693359375F) - n * -2.12194440054690583e-4F;
  float sum = 1.0F / 5040;
  for (const float c : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F}) sum = sum * r + c;
  const auto power = static_cast<int32_t>(n), half = power >> 1;
  const auto power_of_two = [](int32_t exponent) {
    const int32_t bits = static_cast<int32_t>(static_cast<uint32_t>(exponent + 127) << 23);
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  };
  const float e = sum * power_of_two(half) * power_of_two(power - half);
  return x == x ? e : x;
}

/// 1 / (1 + exp(-x)).
inline float gate_sigmoid(float x) {
  return 1.0F / (1.0F + gate_exponential(-x));
}
inline double gate_sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

/// In float32 2 / (1 + exp(-2 x)) - 1, to 1.2e-7.
inline float gate_tanh(float x) {
  return 2.0F / (1.0F + gate_exponential(-2.0F * x)) - 1.0F;
}
inline double gate_tanh(double x) {
  return std::tanh(x);
}

}  // namespace flashcell::quant
