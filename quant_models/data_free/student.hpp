#pragma once
#include <ATen/ATen.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

inline constexpr int64_t kStudentBatch = 64;  ///< images of a training step

struct StudentOptions {
  double temperature = 4;        ///< of the softmax that outputs are compared by
  double class_weight = 0.1;     ///< of the cross entropy with the teacher's best class, where the teacher is sure
  double most_difficulty = 0.6;  ///< sure: 1 - its probability is at most this (SynQ: 0.5 to 0.7)
  double feature_weight = 1;     ///< of how far the values behind residual blocks are off
};

/// Kullback-Leibler divergence of softmax(student / T) from softmax(teacher / T), times T^2; mean over the rows.
/// Source: Hinton et al., Distilling the Knowledge in a Neural Network, 2015.
at::Tensor distillation_loss(const at::Tensor& student, const at::Tensor& teacher, double temperature);

/// Cross entropy with the teacher's best class, each row weighed by the teacher's probability of it, and only rows
/// whose difficulty, 1 - that probability, is at most `most_difficulty`; over all rows. Source: Kim et al., SynQ, ICLR
/// 2025.
at::Tensor sure_class_loss(const at::Tensor& student, const at::Tensor& teacher, double most_difficulty);

/// A quantized network that learns from the one in real numbers. Only reads: several threads may use it at once.
class Student {
 public:
  /// `real`: simplified, batch normalization folded (it stays as in evaluation that way); `quantized`: made of it,
  /// nodes by the same names. Throws ModelError where libtorch cannot run them.
  Student(const Graph& real, const Graph& quantized, const StudentOptions& options);

  TorchNetwork& network() { return network_; }
  const TorchNetwork& network() const { return network_; }

  /// The loss over images, with `parameters` in the place of the network's: distillation_loss (mean square of outputs
  /// that are no classes), sure_class_loss, and how far values at the ends of residual blocks (of all activations,
  /// where there are none) are from the real ones: |student - teacher|^2 / |teacher|^2, mean over the places.
  at::Tensor loss(const at::Tensor& images, std::span<const at::Tensor> parameters) const;
  /// Its output before any softmax.
  at::Tensor output(const at::Tensor& images, std::span<const at::Tensor> parameters) const;

 private:
  /// What is compared, the output last.
  using Values = std::vector<at::Tensor>;
  static Values run(const TorchNetwork& network, const std::unordered_map<NodeId, size_t>& places,
                    const at::Tensor& images, std::span<const at::Tensor> parameters);

  StudentOptions options_;
  bool classes_ = false;
  TorchNetwork teacher_, network_;
  std::vector<at::Tensor> teacher_parameters_;
  std::unordered_map<NodeId, size_t> in_teacher_, in_student_;
};

}  // namespace flashcell::quant
