#pragma once
#include "quant_models/layers/step.hpp"
#include "quant_models/tensor/strides.hpp"

// What sums and products have in common: two values, extents of 1 stretched.
namespace flashcell::quant {

/// Memory strides of a value that is stretched to `out`: 0 along stretched dimensions.
std::vector<int64_t> stretched_strides(const Shape& in, const Shape& out);

template <class Operation>
Step make_pairwise_step(const Shape& out, std::span<const Shape> inputs, Operation operation) {
  const int64_t count = element_count(out);
  if (inputs[0] == out && inputs[1] == out) {
    return [=](StepInputs in, float* target) {
      for (int64_t i = 0; i < count; ++i) target[i] = operation(in[0][i], in[1][i]);
    };
  }
  const std::vector<int64_t> first = stretched_strides(inputs[0], out), second = stretched_strides(inputs[1], out);
  return [=](StepInputs in, float* target) {
    for_each_offset(out, first, [&](int64_t i, int64_t offset) { target[i] = in[0][offset]; });
    for_each_offset(out, second, [&](int64_t i, int64_t offset) { target[i] = operation(target[i], in[1][offset]); });
  };
}

}  // namespace flashcell::quant
