#include "quant_models/cim/converter_input.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant::cim {

void InputConverter::convert(std::span<const float> numbers, float* codes) const {
  const auto factor = static_cast<float>(1 / limit), steps = static_cast<float>(levels());
  const float low = has_sign ? -1.0F : 0.0F;
  for (size_t i = 0; i < numbers.size(); ++i) codes[i] = std::clamp(numbers[i] * factor, low, 1.0F) * steps;
  if (bits == 0) return;
  // Adding and taking away 1.5 * 2^23 rounds half to even: codes are far below 2^22.
  constexpr float kRounder = 12582912.0F;
  for (size_t i = 0; i < numbers.size(); ++i) codes[i] = (codes[i] + kRounder) - kRounder;
}

int InputConverter::cycles() const {
  const int magnitude = has_sign ? bits - 1 : bits;
  return cycle_bits == 0 || cycle_bits >= magnitude ? 1 : (magnitude + cycle_bits - 1) / cycle_bits;
}

void InputConverter::take_digits(std::span<const float> codes, int cycle, float* digits) const {
  const int mask = (1 << cycle_bits) - 1, shift = cycle * cycle_bits;
  for (size_t i = 0; i < codes.size(); ++i) {
    const int digit = static_cast<int>(std::abs(codes[i])) >> shift & mask;
    digits[i] = std::copysign(static_cast<float>(digit), codes[i]);
  }
}

}  // namespace flashcell::quant::cim
