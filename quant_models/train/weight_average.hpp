#pragma once
#include <ATen/ATen.h>

#include <vector>

#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

/// A running mean of a network's parameters and running figures over the steps of a training. It does not jump about
/// as the parameters of a single step do. Source: Polyak, Juditsky, Acceleration of Stochastic Approximation by
/// Averaging, 1992; here with weights that fade, so that the first steps are forgotten.
class WeightAverage {
 public:
  /// Each step takes the share 1 - `keep` in the mean, the first ones more; 0 <= keep < 1.
  WeightAverage(TorchNetwork& network, double keep);

  /// After a step. `step` counts from 0.
  void update(TorchNetwork& network, int64_t step);

  /// The graph with the mean parameters. The network is as before afterwards.
  Graph trained(TorchNetwork& network);

  /// What a checkpoint keeps.
  std::vector<at::Tensor>& state() { return mean_; }

 private:
  double keep_;
  std::vector<at::Tensor> mean_;
};

}  // namespace flashcell::quant
