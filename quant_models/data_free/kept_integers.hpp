#pragma once
#include <ATen/ATen.h>

#include <vector>

#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

/// Training that leaves every quantized weight's integers as they are: what a weight would learn, its scale learns, and
/// the weight follows. For weights that have been rounded with care, which training would round to the nearest.
class KeptIntegers {
 public:
  explicit KeptIntegers(TorchNetwork& network) : network_(network) {}

  /// Before a step of the optimizer: takes the gradients of weights into those of their scales' logarithms.
  void take_gradients(std::vector<at::Tensor>& gradients);

  /// After it: weights become what their integers stand for at the new scales.
  void follow();

 private:
  TorchNetwork& network_;
  std::vector<at::Tensor> log_scales_;  // before the step
};

}  // namespace flashcell::quant
