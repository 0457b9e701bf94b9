#pragma once
#include <cmath>

namespace flashcell::quant {

/// The logistic function, 1 / (1 + exp(-x)).
inline float sigmoid(float x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace flashcell::quant
