#pragma once
#include <initializer_list>
#include <random>

#include "quant_models/graph/graph.hpp"

// Random tensors, layers and networks for tests.
namespace flashcell::test {

using Random = std::mt19937;

template <class T>
T any_of(std::initializer_list<T> choices, Random& random) {
  return choices.begin()[random() % choices.size()];
}

inline quant::Tensor random_tensor(const quant::Shape& shape, Random& random, float low = -1, float high = 1) {
  quant::Tensor tensor{shape, std::vector<float>(static_cast<size_t>(quant::element_count(shape)))};
  for (float& x : tensor.values) x = low + (high - low) * static_cast<float>(random() >> 8) * 0x1p-24F;
  return tensor;
}

struct RandomConvolution {
  quant::Shape input;
  quant::Convolution layer;
};

/// Dense, grouped and depthwise; kernels 1..7, strides 1..4, uneven padding, sizes around the block of a product.
inline RandomConvolution random_convolution(Random& random) {
  const int groups = any_of({1, 1, 2, 3, 8}, random);
  const int in_each = any_of({1, 1, 2, 5}, random), out_each = any_of({1, 2, 3, 9}, random);
  const int rows = any_of({1, 2, 3, 5, 7}, random), columns = any_of({1, 3, 4, 7}, random);
  RandomConvolution r;
  r.input = {any_of({1, 2}, random), groups * in_each, any_of({7, 9, 16}, random), any_of({7, 8, 13, 30}, random)};
  r.layer.weight = random_tensor({groups * out_each, in_each, rows, columns}, random);
  if (any_of({0, 1}, random) == 1) r.layer.bias = random_tensor({groups * out_each}, random);
  r.layer.stride = {any_of({1, 1, 2, 4}, random), any_of({1, 1, 2, 3}, random)};
  r.layer.padding = {any_of({0, 1, 3}, random), any_of({0, 1, 2}, random), any_of({0, 1}, random),
                     any_of({0, 4}, random)};
  r.layer.groups = groups;
  if (rows <= 3) r.layer.dilation.rows = any_of({1, 2}, random);
  if (columns <= 3) r.layer.dilation.columns = any_of({1, 1, 3}, random);
  return r;
}

/// Strides 1..4, kernels 1..4, dilation, borders cut off, rows and columns more.
inline quant::TransposedConvolution random_transposed_convolution(int64_t in, int64_t out, Random& random) {
  quant::TransposedConvolution layer;
  const int rows = any_of({1, 2, 3, 4}, random), columns = any_of({1, 2, 3, 4}, random);
  layer.weight = random_tensor({out, in, rows, columns}, random, -0.5F, 0.5F);
  if (any_of({0, 1}, random) == 1) layer.bias = random_tensor({out}, random);
  layer.stride = {any_of({1, 2, 2, 4}, random), any_of({1, 2, 3}, random)};
  layer.dilation = {any_of({1, 1, 2}, random), any_of({1, 1, 3}, random)};
  if (rows > 1) layer.padding.top = any_of({0, 1}, random);
  if (rows > 2) layer.padding.bottom = any_of({0, 1, 2}, random);
  if (columns > 1) layer.padding.left = any_of({0, 1}, random);
  if (columns > 2) layer.padding.right = any_of({0, 1}, random);
  if (layer.stride.rows > 1) layer.more_rows = any_of({0, 1}, random);
  if (layer.stride.columns > 1) layer.more_columns = any_of({0, 1}, random);
  return layer;
}

/// A network of one input (1 x 3 x 9 x 8) of what fewer networks have: dilation, transposed convolutions, linear
/// resizes, borders of other numbers, leaky and exponential units.
inline quant::Graph random_layers_of_others(Random& random) {
  using namespace quant;
  Graph graph;
  NodeId x = graph.add("x", Input{{1, 3, 9, 8}});
  const auto convolution = [&](int64_t out, bool depthwise, int dilation) {
    const int64_t in = graph.node(x).shape[1];
    Convolution layer;
    layer.groups = depthwise ? static_cast<int>(in) : 1;
    layer.weight = random_tensor({depthwise ? in : out, depthwise ? 1 : in, 3, 3}, random, -0.5F, 0.5F);
    layer.bias = random_tensor({layer.weight.shape[0]}, random);
    layer.dilation = {dilation, any_of({1, dilation}, random)};
    layer.padding = {dilation, layer.dilation.columns, dilation, layer.dilation.columns};
    return graph.add(graph.free_name("convolution"), layer, {x});
  };
  x = convolution(any_of<int64_t>({5, 16}, random), false, 1);
  for (int i = 0; i < 3; ++i) {
    const Shape shape = graph.node(x).shape;
    const bool large = shape[2] > 24 || shape[3] > 24;
    switch (large ? 6 : random() % 6) {
      case 0:
        x = convolution(any_of<int64_t>({3, 18}, random), false, any_of({2, 3}, random));
        break;
      case 1:
        x = convolution(0, true, any_of({2, 3}, random));
        break;
      case 2:
        x = graph.add(graph.free_name("transposed"),
                      random_transposed_convolution(shape[1], any_of<int64_t>({4, 17}, random), random), {x});
        break;
      case 3:
        x = graph.add(graph.free_name("resize"), ResizeLinear{any_of({1, 2, 3}, random), any_of({1, 2, 4}, random)},
                      {x});
        break;
      case 4: {
        const float value = random_tensor({1}, random, -2, 2).values[0];
        x = graph.add(graph.free_name("border"), Pad{{0, 0, 1, 2}, {0, 0, any_of<int64_t>({0, 2}, random), 1}, value},
                      {x});
        break;
      }
      case 5: {
        x = convolution(6, false, 1);
        const Activation unit =
            any_of<Activation>({{.kind = ActivationKind::leaky_relu, .slope = 0.1F},
                                {.kind = ActivationKind::elu, .slope = 1},
                                {.kind = ActivationKind::elu, .slope = 1.6732632F, .gain = 1.050701F}},
                               random);
        x = graph.add(graph.free_name("unit"), unit, {x});
        break;
      }
      default:
        x = graph.add(graph.free_name("pool"), Pool{}, {x});
    }
  }
  graph.add_output("y", convolution(4, false, 1));
  return graph;
}

/// A network of one input (1 x 4 x 12 x 10) and one output, of 3 to 10 blocks: convolutions with batch normalization
/// and an activation, residual sums, concats, pools, resizes; some end in a fully connected layer.
quant::Graph random_graph(Random& random);

inline quant::Graph random_graph(Random& random) {
  using namespace quant;
  Graph graph;
  NodeId x = graph.add("x", Input{{1, 4, 12, 10}});
  const auto name = [&](const char* kind) { return graph.free_name(kind); };
  const auto convolution = [&](NodeId from, int64_t out, bool depthwise) {
    const int64_t in = graph.node(from).shape[1];
    const int k = any_of({1, 3, 5}, random);
    Convolution layer;
    layer.groups = depthwise ? static_cast<int>(in) : 1;
    layer.weight = random_tensor({out, depthwise ? 1 : in, k, k}, random, -0.5F, 0.5F);
    layer.padding = {k / 2, k / 2, k / 2, k / 2};
    if (any_of({0, 1}, random) == 1) layer.bias = random_tensor({out}, random);
    return graph.add(name("convolution"), layer, {from});
  };
  const auto normalization = [&](NodeId from) {
    const int64_t c = graph.node(from).shape[1];
    BatchNormalization layer{random_tensor({c}, random, 0.5F, 1.5F), random_tensor({c}, random),
                             random_tensor({c}, random), random_tensor({c}, random, 0.25F, 2)};
    return graph.add(name("norm"), layer, {from});
  };
  const auto activation = [&](NodeId from) {
    const ActivationKind kind = any_of({ActivationKind::relu, ActivationKind::relu, ActivationKind::clip,
                                        ActivationKind::leaky_relu, ActivationKind::swish, ActivationKind::hard_swish},
                                       random);
    return graph.add(name("activation"), Activation{.kind = kind}, {from});
  };
  const int blocks = any_of({3, 4, 6, 10}, random);
  for (int block = 0; block < blocks; ++block) {
    const int64_t channels = graph.node(x).shape[1];
    switch (random() % 6) {
      case 0: {
        NodeId y = activation(normalization(convolution(x, channels, false)));
        x = graph.add(name("sum"), Add{}, {normalization(convolution(y, channels, false)), x});
        break;
      }
      case 1:
        x = graph.add(name("concat"), Concat{1}, {activation(convolution(x, 3, false)), x});
        break;
      case 2:
        x = activation(normalization(convolution(x, channels, true)));
        break;
      case 3:
        if (graph.node(x).shape[2] >= 6)
          x = graph.add(name("pool"), Pool{any_of({PoolKind::max, PoolKind::average}, random)}, {x});
        break;
      case 4:
        if (graph.node(x).shape[2] <= 6) x = graph.add(name("resize"), ResizeNearest{}, {x});
        break;
      default:
        x = activation(normalization(convolution(x, any_of<int64_t>({2, 5, 9}, random), false)));
    }
  }
  if (any_of({0, 1}, random) == 1) {
    x = graph.add(name("mean"), GlobalPool{}, {x});
    x = graph.add(name("flat"), Reshape{{0, -1}}, {x});
    const int64_t in = graph.node(x).shape[1];
    x = graph.add(name("scores"), FullyConnected{random_tensor({7, in}, random), random_tensor({7}, random)}, {x});
  }
  graph.add_output("y", x);
  return graph;
}

}  // namespace flashcell::test
