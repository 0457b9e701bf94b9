#pragma once
#include <cstdint>

#include "quant_models/layers/step.hpp"

namespace flashcell::quant {

/// A step whose every number is `function` of the first input's number at its place.
template <class Function>
Step each_number(int64_t count, Function function) {
  return [=](StepInputs in, float* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = function(in[0][i]);
  };
}

}  // namespace flashcell::quant
