#include "tests/benchmarks/networks/published_networks.hpp"

#include <cmath>

#include "quant_models/random.hpp"

namespace flashcell::test {
namespace {

using namespace quant;

/// Names and weights for layers that follow each other; batch normalization is in the weights already.
class NetworkBuilder {
 public:
  NodeId input(int side) { return graph.add("input", Input{{1, 3, side, side}}); }
  NodeId convolution(NodeId x, int channels, int kernel, int stride, int padding, int groups = 1) {
    const int64_t inputs = graph.node(x).shape[1] / groups;
    Convolution layer;
    layer.weight = weights({channels, inputs, kernel, kernel});
    layer.bias = make_tensor({channels}, std::vector<float>(static_cast<size_t>(channels), 0.01F));
    layer.stride = {stride, stride};
    layer.padding = {padding, padding, padding, padding};
    layer.groups = groups;
    return add(std::move(layer), {x});
  }
  NodeId depthwise(NodeId x, int kernel, int stride) {
    const int channels = static_cast<int>(graph.node(x).shape[1]);
    return convolution(x, channels, kernel, stride, kernel / 2, channels);
  }
  NodeId relu(NodeId x) { return add(Activation{}, {x}); }
  NodeId relu6(NodeId x) { return add(Activation{ActivationKind::clip}, {x}); }
  NodeId max_pool(NodeId x, int padding) {
    return add(Pool{PoolKind::max, {3, 3}, {2, 2}, {padding, padding, padding, padding}}, {x});
  }
  NodeId sum(NodeId a, NodeId b) { return add(Add{}, {a, b}); }
  NodeId join(NodeId a, NodeId b) { return add(Concat{}, {a, b}); }
  NodeId mean(NodeId x) { return add(Reshape{{0, -1}}, {add(GlobalPool{}, {x})}); }
  NodeId fully_connected(NodeId x, int outputs) {
    return add(FullyConnected{weights({outputs, graph.node(x).shape[1]}),
                              make_tensor({outputs}, std::vector<float>(static_cast<size_t>(outputs)))},
               {x});
  }
  NodeId add(Layer layer, std::vector<NodeId> inputs) {
    return graph.add("layer" + std::to_string(count_++), std::move(layer), std::move(inputs));
  }
  Graph finish(NodeId x) {
    graph.add_output("scores", x);
    return std::move(graph);
  }

  Graph graph;

 private:
  Tensor weights(Shape shape) {
    const int64_t count = element_count(shape);
    const double deviation = std::sqrt(2.0 * static_cast<double>(shape[0]) / static_cast<double>(count));
    std::vector<float> values(static_cast<size_t>(count));
    for (float& v : values) v = static_cast<float>(deviation * random_.normal());
    return make_tensor(std::move(shape), std::move(values));
  }

  Random random_{1, {}};
  int count_ = 0;
};

Graph mobilenet_v2() {
  NetworkBuilder b;
  NodeId x = b.relu6(b.convolution(b.input(224), 32, 3, 2, 1));
  struct Stage {
    int expansion, channels, blocks, stride;
  };
  for (const Stage& stage : {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2}, Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2},
                             Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}}) {
    for (int block = 0; block < stage.blocks; ++block) {
      const int channels = static_cast<int>(b.graph.node(x).shape[1]);
      NodeId y = stage.expansion == 1 ? x : b.relu6(b.convolution(x, channels * stage.expansion, 1, 1, 0));
      y = b.relu6(b.depthwise(y, 3, block == 0 ? stage.stride : 1));
      y = b.convolution(y, stage.channels, 1, 1, 0);
      x = block == 0 ? y : b.sum(x, y);
    }
  }
  x = b.relu6(b.convolution(x, 1280, 1, 1, 0));
  return b.finish(b.fully_connected(b.mean(x), 1000));
}

NodeId fire(NetworkBuilder& b, NodeId x, int squeeze, int expand) {
  x = b.relu(b.convolution(x, squeeze, 1, 1, 0));
  return b.join(b.relu(b.convolution(x, expand, 1, 1, 0)), b.relu(b.convolution(x, expand, 3, 1, 1)));
}

Graph squeezenet() {
  NetworkBuilder b;
  NodeId x = b.max_pool(b.relu(b.convolution(b.input(224), 64, 3, 2, 0)), 0);
  x = b.max_pool(fire(b, fire(b, x, 16, 64), 16, 64), 0);
  x = b.max_pool(fire(b, fire(b, x, 32, 128), 32, 128), 0);
  x = fire(b, fire(b, fire(b, fire(b, x, 48, 192), 48, 192), 64, 256), 64, 256);
  return b.finish(b.mean(b.relu(b.convolution(x, 1000, 1, 1, 0))));
}

/// Channels of two groups in turn.
NodeId shuffle(NetworkBuilder& b, NodeId x) {
  const Shape shape = b.graph.node(x).shape;
  x = b.add(Reshape{{1, 2, shape[1] / 2, shape[2], shape[3]}}, {x});
  x = b.add(Transpose{{0, 2, 1, 3, 4}}, {x});
  return b.add(Reshape{{1, shape[1], shape[2], shape[3]}}, {x});
}

NodeId shuffle_unit(NetworkBuilder& b, NodeId x, int channels, int stride) {
  const int64_t inputs = b.graph.node(x).shape[1];
  const int half = channels / 2;
  NodeId left =
      stride == 2 ? b.relu(b.convolution(b.depthwise(x, 3, 2), half, 1, 1, 0)) : b.add(Slice{1, 0, inputs / 2, 1}, {x});
  NodeId right = stride == 2 ? x : b.add(Slice{1, inputs / 2, inputs, 1}, {x});
  right = b.relu(b.convolution(right, half, 1, 1, 0));
  right = b.relu(b.convolution(b.depthwise(right, 3, stride), half, 1, 1, 0));
  return shuffle(b, b.join(left, right));
}

Graph shufflenet_v2() {
  NetworkBuilder b;
  NodeId x = b.max_pool(b.relu(b.convolution(b.input(224), 24, 3, 2, 1)), 1);
  for (const auto& [channels, blocks] : {std::pair{48, 4}, std::pair{96, 8}, std::pair{192, 4}})
    for (int block = 0; block < blocks; ++block) x = shuffle_unit(b, x, channels, block == 0 ? 2 : 1);
  x = b.relu(b.convolution(x, 1024, 1, 1, 0));
  return b.finish(b.fully_connected(b.mean(x), 1000));
}

NodeId residual(NetworkBuilder& b, NodeId x, int channels, int stride) {
  NodeId y = b.relu(b.convolution(x, channels, 3, stride, 1));
  y = b.convolution(y, channels, 3, 1, 1);
  if (stride != 1) x = b.convolution(x, channels, 1, stride, 0);
  return b.relu(b.sum(y, x));
}

Graph resnet18() {
  NetworkBuilder b;
  NodeId x = b.max_pool(b.relu(b.convolution(b.input(224), 64, 7, 2, 3)), 1);
  for (const int channels : {64, 128, 256, 512})
    for (int block = 0; block < 2; ++block) x = residual(b, x, channels, block == 0 && channels != 64 ? 2 : 1);
  return b.finish(b.fully_connected(b.mean(x), 1000));
}

Graph small_resnet(int blocks) {
  NetworkBuilder b;
  NodeId x = b.relu(b.convolution(b.input(32), 16, 3, 1, 1));
  for (const int channels : {16, 32, 64})
    for (int block = 0; block < blocks; ++block) x = residual(b, x, channels, block == 0 && channels != 16 ? 2 : 1);
  return b.finish(b.fully_connected(b.mean(x), 10));
}

}  // namespace

std::vector<PublishedNetwork> published_networks() {
  std::vector<PublishedNetwork> networks;
  networks.push_back({"MobileNetV2", mobilenet_v2()});
  networks.push_back({"SqueezeNet-1.1", squeezenet()});
  networks.push_back({"ShuffleNetV2-0.5", shufflenet_v2()});
  networks.push_back({"ResNet-18", resnet18()});
  networks.push_back({"ResNet-20", small_resnet(3)});
  networks.push_back({"ResNet-32", small_resnet(5)});
  return networks;
}

}  // namespace flashcell::test
