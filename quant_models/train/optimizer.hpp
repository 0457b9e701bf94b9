#pragma once
#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

/// Adam with decoupled weight decay (Loshchilov, Hutter: AdamW, ICLR 2019); betas 0.9 unless told otherwise and
/// 0.999, epsilon 1e-8.
class AdamW {
 public:
  AdamW(const std::vector<Parameter>& parameters, double weight_decay, double beta1 = 0.9);

  /// One step, in place. `step` counts from 0.
  void update(std::vector<Parameter>& parameters, std::span<const at::Tensor> gradients, double learning_rate,
              int64_t step);

  /// First and second moments of every parameter: what a checkpoint keeps.
  std::vector<at::Tensor>& state() { return state_; }

 private:
  double weight_decay_, beta1_;
  std::vector<at::Tensor> state_;
};

}  // namespace flashcell::quant
