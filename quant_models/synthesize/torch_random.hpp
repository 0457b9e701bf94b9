#pragma once
#include <ATen/ATen.h>

#include "quant_models/random.hpp"

namespace flashcell::quant {

/// Numbers of mean 0 and variance 1 by the project's own generator, in the tensor's order.
inline at::Tensor normal_tensor(at::IntArrayRef shape, Random& random) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* const numbers = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) numbers[i] = static_cast<float>(random.normal());
  return tensor;
}

/// +1 and -1, each in half of the cases (Rademacher).
inline at::Tensor sign_tensor(at::IntArrayRef shape, Random& random) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* const numbers = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) numbers[i] = random.next() >> 63 != 0 ? 1.0F : -1.0F;
  return tensor;
}

}  // namespace flashcell::quant
