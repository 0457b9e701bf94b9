#pragma once
#include <functional>
#include <span>

#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// The numbers of a node's inputs, in its order.
using StepInputs = std::span<const float* const>;

/// One node's computation in float32: reads its inputs' numbers, writes its own. A step owns its prepared weights and
/// scratch memory. None: the numbers are there before the run (inputs, constants).
using Step = std::function<void(StepInputs inputs, float* out)>;

}  // namespace flashcell::quant
