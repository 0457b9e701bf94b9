#pragma once
#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

/// What a batch does inside the network in real numbers.
struct TeacherPass {
  at::Tensor output;                   ///< before any softmax
  std::vector<at::Tensor> statistics;  ///< statistics_distance() at every batch normalization, in the graph's order
};

/// How far a batch's values x (N x C x ...) are from the mean and variance (C each) that batch normalization has kept
/// of the training images: (|mean(x) - mean|^2 + |deviation(x) - deviation|^2) / |deviation|^2, over the channels.
/// Source: Cai et al., ZeroQ, CVPR 2020; divided by the deviations, so that layers and networks of any scale compare.
at::Tensor statistics_distance(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& variance);

/// The network in real numbers, batch normalization in evaluation mode. Only reads: several threads may use it at once.
class Teacher {
 public:
  /// `graph`: in real numbers, as imported; its batch normalization is kept visible where it is there (simplify), its
  /// output's tail left away. Throws ModelError where libtorch cannot run it.
  explicit Teacher(const Graph& graph);

  const Graph& graph() const { return graph_; }
  /// One image's.
  const Shape& input_shape() const;
  /// Of the output where it is a vector of two and more, else 0: no class can be asked for.
  int64_t classes() const;
  size_t normalization_count() const { return normalizations_.size(); }
  /// Throws ModelError where there is no batch normalization: `method` reads it.
  void require_normalization(const std::string& method) const;

  /// Gradients are recorded where the caller asks for them.
  at::Tensor output(const at::Tensor& images, const TorchObserver& observer = {}) const;
  TeacherPass look(const at::Tensor& images) const;

  /// To run it with other weights than its own.
  const TorchNetwork& network() const { return network_; }
  /// For each batch normalization the place of the weights before it in the network's parameters; -1: there are none.
  std::vector<int64_t> weights_before() const;

 private:
  struct Normalization {
    NodeId node = 0, input = 0;
    at::Tensor mean, variance;
  };

  Graph graph_;
  TorchNetwork network_;
  std::vector<at::Tensor> parameters_;
  std::vector<Normalization> normalizations_;
};

}  // namespace flashcell::quant
