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

}  // namespace flashcell::quant::cim
