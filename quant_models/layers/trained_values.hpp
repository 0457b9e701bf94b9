#pragma once
#include <vector>

#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// What training made of one layer's numbers, by the names that the layer gave them (torch_operation.hpp).
class TrainedValues {
 public:
  virtual ~TrainedValues() = default;
  virtual Tensor parameter(const char* name) const = 0;
  virtual std::vector<float> weight_scales() const = 0;
  virtual Tensor running(const char* name) const = 0;
};

}  // namespace flashcell::quant
