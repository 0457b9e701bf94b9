#pragma once
#include "quant_models/recurrent/parameters.hpp"

namespace flashcell::quant {

struct AdamOptions {
  double weight_decay = 0;  ///< of weights and embeddings, apart from the gradient (AdamW)
  double clip = 0;          ///< largest Euclidean norm of the whole gradient; 0: any
  bool train_thresholds = true;
  /// Weights of layers that are 0 stay so: pruned.
  bool keep_zeros = false;
};

/// Adam (Kingma and Ba, ICLR 2015) with decoupled weight decay (Loshchilov and Hutter, ICLR 2019): 0.9, 0.999, 1e-8.
/// Thresholds are kept in [0, 1].
class Adam {
 public:
  explicit Adam(const RecurrentNetwork& network) : first_(zeros_like(network)), second_(zeros_like(network)) {}

  /// One step, number `step` from 0 on. Scales `gradients` where they are clipped.
  void step(RecurrentNetwork& network, RecurrentNetwork& gradients, int64_t step, double learning_rate,
            const AdamOptions& options);

  RecurrentNetwork& first_moments() { return first_; }
  RecurrentNetwork& second_moments() { return second_; }

 private:
  RecurrentNetwork first_, second_;
};

}  // namespace flashcell::quant
