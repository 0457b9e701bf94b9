#pragma once
#include <optional>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/random.hpp"

namespace flashcell::quant {

/// Builds untrained networks: layers with random weights, normal with variance 2 / (inputs of a neuron) (He et al.,
/// Delving Deep into Rectifiers, 2015).
class LayerStack {
 public:
  /// Without a seed all weights are zeros: a network to count.
  explicit LayerStack(std::optional<uint64_t> seed) : zeros_(!seed), random_(seed.value_or(0), {}) {}

  NodeId input(Shape shape) { return graph_.add("input", Input{std::move(shape)}); }
  /// Convolution and batch normalization, whose outputs deviate by `scale` at the start.
  NodeId normalized(const std::string& name, NodeId x, int channels, int kernel, int stride, int padding,
                    float scale = 1);
  /// Batch normalization alone, NAME.norm.
  NodeId normalization(const std::string& name, NodeId x, float scale = 1);
  NodeId relu(const std::string& name, NodeId x) { return graph_.add(name + ".relu", Activation{}, {x}); }
  /// Convolution with a bias, which begins at `bias`; as large as its input at a stride of 1.
  NodeId convolution(const std::string& name, NodeId x, int kernel, std::vector<float> bias, int stride = 1);
  /// The layer of `first` again, with its weights, on another value.
  NodeId repeat(const std::string& name, NodeId first, NodeId x);
  NodeId fully_connected(const std::string& name, NodeId x, int outputs);

  Graph& graph() { return graph_; }

 private:
  Tensor random_weights(Shape shape);
  Graph graph_;
  bool zeros_;
  Random random_;
};

}  // namespace flashcell::quant
