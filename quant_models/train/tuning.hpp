#pragma once
#include <ATen/ATen.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

struct TuningOptions {
  int steps = 300;
  int64_t batch = 64;           ///< images in a step
  double learning_rate = 1e-3;  ///< the highest; falls along a half cosine
  double temperature = 4;       ///< of the classes' probabilities that are compared
  uint64_t seed = 1;            ///< of batches and mixtures
};

/// One step of a tuning: what it computes with, and how far it is.
struct TuningStep {
  const std::vector<Parameter>& parameters;  ///< names and what is trained
  std::vector<at::Tensor>& leaves;           ///< the same as autograd's leaves
  double progress = 0;                       ///< 0 to 1
};

struct TuningHooks {
  /// What the network computes with in the place of its parameters; none: themselves.
  std::function<std::vector<at::Tensor>(const TuningStep& step)> view = {};
  /// Added to the loss; may be none.
  std::function<at::Tensor(const TuningStep& step)> penalty = {};
  /// Nodes whose values are to be like those of the same names in the real network, too: mean squared difference over
  /// the real value's power, and the same of every channel's mean and deviation.
  std::vector<std::string> alike = {};
};

/// Trains a network to answer as the real one does, on images without labels: Kullback-Leibler divergence of its
/// scores' softmax at the temperature (Hinton et al., 2015), or the mean squared difference over the power of what is
/// no row of scores. Half of the images are mixtures of two (Zhang et al., mixup, ICLR 2018), which both networks see.
/// AdamW, no weight decay. `count` images as run_all() takes them. Equal arguments give equal bytes on one machine;
/// one thread of libtorch. Throws ModelError where the loss is no longer finite, std::invalid_argument for options
/// below 1 or no images.
Graph tune(const Graph& real, const Graph& start, std::span<const float> images, int64_t count,
           const TuningOptions& options, const TuningHooks& hooks = {},
           const std::function<void(int step, double loss)>& progress = {});

}  // namespace flashcell::quant
