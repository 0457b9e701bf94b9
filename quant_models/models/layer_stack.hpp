#pragma once
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/random.hpp"

namespace flashcell::quant {

/// Builds untrained networks: layers with random weights, normal with variance 2 / (inputs of a neuron) (He et al.,
/// Delving Deep into Rectifiers, 2015).
class LayerStack {
 public:
  explicit LayerStack(uint64_t seed) : random_(seed, {}) {}

  NodeId input(Shape shape) { return graph_.add("input", Input{std::move(shape)}); }
  /// Convolution and batch normalization.
  NodeId normalized(const std::string& name, NodeId x, int channels, int kernel, int stride, int padding);
  NodeId relu(const std::string& name, NodeId x) { return graph_.add(name + ".relu", Activation{}, {x}); }
  /// Convolution with a bias, which begins at `bias`.
  NodeId convolution(const std::string& name, NodeId x, int kernel, std::vector<float> bias);
  NodeId fully_connected(const std::string& name, NodeId x, int outputs);

  Graph& graph() { return graph_; }

 private:
  Tensor random_weights(Shape shape);
  Graph graph_;
  Random random_;
};

}  // namespace flashcell::quant
