#pragma once
#include "base/named_value.hpp"
#include "quant_models/quantize/ternary.hpp"
#include "quant_models/train/tuning.hpp"

namespace flashcell::quant {

enum class TernaryTraining {
  ease_in,  ///< computes with W + lambda (Q(W) - W), lambda = min(2 t / T, 1) after t of T steps; gradients pass
            ///< straight through Q
  cluster,  ///< computes with W; a term pulls every weight to the nearest of -s, 0 and s, ever more strongly. Wants
            ///< TernaryScale::fitted: with absmean, targets shrink as weights become 0
};

inline constexpr NamedValue<TernaryTraining> kTernaryTrainingNames[] = {{TernaryTraining::ease_in, "ease-in"},
                                                                        {TernaryTraining::cluster, "cluster"}};

struct TernaryTrainingOptions {
  TernaryTraining method = TernaryTraining::ease_in;
  TernaryOptions ternary = {.per_channel = true, .keep_edges = true};
  TuningOptions tuning;
  double pull = 20;  ///< of the cluster's term at the end: sum over layers of ||W - Q(W)||^2 / ||W||^2, times this
};

/// Trains a network for weights of -1, 0 and 1 times a scale (ternary.hpp): the same graph, to be quantized by
/// quantize_ternary() afterwards. Ease-in: the schedule of BitNet b1.58's fine-tuning. Cluster: our form of
/// cluster-regularized quantization; the term grows with the square of the progress. Throws as tune().
Graph train_ternary(const Graph& real, std::span<const float> images, int64_t count,
                    const TernaryTrainingOptions& options,
                    const std::function<void(int step, double loss)>& progress = {});

}  // namespace flashcell::quant
