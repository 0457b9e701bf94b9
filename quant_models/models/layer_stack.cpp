#include "quant_models/models/layer_stack.hpp"

#include <cmath>

namespace flashcell::quant {

Tensor LayerStack::random_weights(Shape shape) {
  const int64_t count = element_count(shape);
  const double deviation = std::sqrt(2.0 * static_cast<double>(shape[0]) / static_cast<double>(count));
  std::vector<float> values(static_cast<size_t>(count));
  if (zeros_) return make_tensor(std::move(shape), std::move(values));
  for (float& v : values) v = static_cast<float>(deviation * random_.normal());
  return make_tensor(std::move(shape), std::move(values));
}

NodeId LayerStack::normalized(const std::string& name, NodeId x, int channels, int kernel, int stride, int padding,
                              float scale) {
  const int64_t inputs = graph_.node(x).shape[1];
  Convolution convolution;
  convolution.weight = random_weights({channels, inputs, kernel, kernel});
  convolution.stride = {stride, stride};
  convolution.padding = {padding, padding, padding, padding};
  return normalization(name, graph_.add(name, std::move(convolution), {x}), scale);
}

NodeId LayerStack::normalization(const std::string& name, NodeId x, float scale) {
  const int64_t channels = graph_.node(x).shape[1];
  const auto all = [&](float value) {
    return make_tensor({channels}, std::vector<float>(static_cast<size_t>(channels), value));
  };
  return graph_.add(name + ".norm", BatchNormalization{all(scale), all(0), all(0), all(1)}, {x});
}

NodeId LayerStack::convolution(const std::string& name, NodeId x, int kernel, std::vector<float> bias, int stride) {
  const auto channels = static_cast<int64_t>(bias.size());
  Convolution layer;
  layer.weight = random_weights({channels, graph_.node(x).shape[1], kernel, kernel});
  layer.bias = make_tensor({channels}, std::move(bias));
  layer.stride = {stride, stride};
  layer.padding = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
  return graph_.add(name, std::move(layer), {x});
}

NodeId LayerStack::repeat(const std::string& name, NodeId first, NodeId x) {
  Layer layer = graph_.node(first).layer;
  return graph_.add(name, std::move(layer), {x});
}

NodeId LayerStack::fully_connected(const std::string& name, NodeId x, int outputs) {
  Tensor weight = random_weights({outputs, graph_.node(x).shape[1]});
  return graph_.add(
      name, FullyConnected{std::move(weight), make_tensor({outputs}, std::vector<float>(static_cast<size_t>(outputs)))},
      {x});
}

}  // namespace flashcell::quant
