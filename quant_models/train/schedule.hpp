#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace flashcell::quant {

/// The learning rate of `step` of `steps`: up in a straight line over `warmup` steps to `highest`, then down along half
/// a cosine to 0 behind the last step (Loshchilov, Hutter: SGDR, 2017).
inline double learning_rate(double highest, int64_t step, int64_t steps, int64_t warmup) {
  if (step < warmup) return highest * static_cast<double>(step + 1) / static_cast<double>(warmup + 1);
  const auto rest = static_cast<double>(std::max<int64_t>(steps - warmup, 1));
  return highest * 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(step - warmup) / rest));
}

}  // namespace flashcell::quant
