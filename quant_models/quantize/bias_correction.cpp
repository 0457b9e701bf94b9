#include "quant_models/quantize/bias_correction.hpp"

#include <map>

#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kBatch = 25;

// Mean of a layer's value for each of its output channels, image by image added up.
class ChannelMeans {
 public:
  explicit ChannelMeans(const Node& node)
      : channels_(static_cast<size_t>(weight_of(node.layer)->shape[0])),
        last_(std::holds_alternative<FullyConnected>(node.layer)),
        sums_(channels_, 0.0) {
    if (!last_)
      for (size_t i = 2; i < node.shape.size(); ++i) inner_ *= static_cast<size_t>(node.shape[i]);
  }

  // Channels are the last dimension of fully connected layers, else the second.
  void add(std::span<const float> value) {
    for (size_t i = 0; i < value.size(); i += inner_) {
      double& sum = sums_[i / inner_ % channels_];
      for (size_t k = i; k < i + inner_; ++k) sum += value[k];
    }
    numbers_ += value.size() / channels_;
  }

  double mean(size_t channel) const { return sums_[channel] / static_cast<double>(numbers_); }

 private:
  size_t channels_;
  bool last_;
  size_t inner_ = 1, numbers_ = 0;
  std::vector<double> sums_;
};

// What it takes to compute one node, its own value not yet stored as integers.
Graph up_to(Graph graph, NodeId id) {
  graph.set_quantization(id, std::nullopt);
  graph.remove_outputs();
  graph.add_output("value", id);
  graph.remove_unused();
  return graph;
}

void add_to_bias(Layer& layer, const ChannelMeans& real, const ChannelMeans& quantized) {
  Tensor& bias = *bias_of(layer);
  const int64_t channels = weight_of(layer)->shape[0];
  if (bias.empty()) bias = {{channels}, std::vector<float>(static_cast<size_t>(channels), 0.0F)};
  for (size_t c = 0; c < bias.values.size(); ++c)
    bias.values[c] = static_cast<float>(bias.values[c] + real.mean(c) - quantized.mean(c));
}

}  // namespace

Graph correct_biases(const Graph& real, Graph quantized, std::span<const float> images, int64_t count) {
  std::map<std::string, ChannelMeans> expected;
  for (const NodeId id : real.order())
    if (weight_of(real.node(id).layer) != nullptr) expected.emplace(real.node(id).name, real.node(id));
  run_all(real, images, count, kBatch, [&](NodeId id, std::span<const float> value) {
    if (const auto found = expected.find(real.node(id).name); found != expected.end()) found->second.add(value);
  });
  for (const NodeId id : std::vector<NodeId>(quantized.order())) {
    Layer layer = quantized.node(id).layer;
    if (weight_of(layer) == nullptr) continue;
    const auto found = expected.find(quantized.node(id).name);
    if (found == expected.end())
      throw ModelError("bias correction: the real network has no layer '" + quantized.node(id).name + "'");
    ChannelMeans means(quantized.node(id));
    run_all(up_to(quantized, id), images, count, kBatch, [&](NodeId seen, std::span<const float> value) {
      if (seen == id) means.add(value);
    });
    add_to_bias(layer, found->second, means);
    quantized.replace(id, std::move(layer));
  }
  return quantized;
}

}  // namespace flashcell::quant
