#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

#include "host/synth/random.hpp"
#include "host/synth/turn.hpp"

// Random numbers of pixels, by address: number `draw` of pixel `pixel` is the same whenever and by whichever thread it
// is asked for, and on every machine: nothing but operations that IEEE 754 rounds alike everywhere.
namespace flashcell::host {

/// Natural logarithm of a positive normal number: 2 artanh((m - 1) / (m + 1)) + e ln 2; relative error below 1e-9.
inline double natural_log(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  constexpr uint64_t kRootOfHalf = 0x3FE6A09E667F3BCD;
  const int64_t exponent = static_cast<int64_t>(bits - kRootOfHalf) >> 52;
  const double mantissa = std::bit_cast<double>(bits - (static_cast<uint64_t>(exponent) << 52));
  const double s = (mantissa - 1) / (mantissa + 1), t = s * s;
  const double series =
      1 + t * (1.0 / 3 + t * (1.0 / 5 + t * (1.0 / 7 + t * (1.0 / 9 + t * (1.0 / 11 + t * (1.0 / 13))))));
  return 2 * s * series + static_cast<double>(exponent) * 0.6931471805599453;
}

inline uint64_t pixel_bits(uint64_t seed, uint64_t pixel, uint64_t draw) {
  return scatter64(scatter64(seed ^ scatter64(pixel)) + draw * 0xD1B54A32D192ED03U);
}

/// In (0, 1).
inline double pixel_uniform(uint64_t seed, uint64_t pixel, uint64_t draw) {
  return (static_cast<double>(pixel_bits(seed, pixel, draw) >> 12) + 0.5) * 0x1p-52;
}

/// Mean 1, exponential.
inline double pixel_exponential(uint64_t seed, uint64_t pixel, uint64_t draw) {
  return -natural_log(pixel_uniform(seed, pixel, draw));
}

/// Mean 0, variance 1 (Box and Muller). Takes draws `draw` and `draw` + 1.
inline double pixel_normal(uint64_t seed, uint64_t pixel, uint64_t draw) {
  return std::sqrt(2 * pixel_exponential(seed, pixel, draw)) * cosine_of_turns(pixel_uniform(seed, pixel, draw + 1));
}

}  // namespace flashcell::host
