// The integer program against the fake-quantized graph that it came from: the same network in two arithmetics.
#include "quant_models/export/lower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/inference/reference/reference.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

using testing::HasSubstr;

constexpr int kSide = 12, kChannels = 3, kImages = 24;
constexpr size_t kImage = kSide * kSide * kChannels;

Tensor random_tensor(Shape shape, std::mt19937& random, float reach) {
  std::vector<float> values(static_cast<size_t>(element_count(shape)));
  for (float& v : values) v = reach * (static_cast<float>(random()) / 2147483648.0F - 1);
  return make_tensor(std::move(shape), std::move(values));
}

Convolution convolution(int64_t out, int64_t in_of_group, int side, int stride, int padding, int groups,
                        std::mt19937& random) {
  Convolution c;
  c.weight = random_tensor({out, in_of_group, side, side}, random, 1.0F / static_cast<float>(in_of_group * side));
  c.bias = random_tensor({out}, random, 0.2F);
  c.stride = {stride, stride};
  c.padding = {padding, padding, padding, padding};
  c.groups = groups;
  return c;
}

Activation relu() {
  return {};
}

/// Every layer that the engine has, with a residual and two branches.
Graph network(uint32_t seed) {
  std::mt19937 random(seed);
  Graph g;
  NodeId x = g.add("image", Input{{1, kChannels, kSide, kSide}});
  x = g.add("stem", convolution(8, kChannels, 3, 1, 1, 1, random), {x});
  x = g.add("stem_relu", relu(), {x});
  NodeId y = g.add("depthwise", convolution(8, 1, 3, 1, 1, 8, random), {x});
  Activation clip;
  clip.kind = ActivationKind::clip;
  y = g.add("depthwise_clip", clip, {y});
  y = g.add("pointwise", convolution(8, 8, 1, 1, 0, 1, random), {y});
  x = g.add("sum", Add{}, {x, y});
  x = g.add("sum_relu", relu(), {x});
  NodeId a = g.add("pool", Pool{}, {x});
  NodeId b = g.add("grouped", convolution(6, 4, 3, 2, 1, 2, random), {x});
  NodeId c = g.add("half", Slice{1, 0, 8, 2}, {a});
  x = g.add("join", Concat{}, {a, b, c});
  Pool average;
  average.kind = PoolKind::average;
  x = g.add("average", average, {x});
  x = g.add("enlarged", ResizeNearest{2, 2}, {x});
  NodeId flat = g.add("flat", Reshape{{0, -1}}, {x});
  FullyConnected full;
  full.weight = random_tensor({5, 18 * 6 * 6}, random, 0.05F);
  full.bias = random_tensor({5}, random, 0.2F);
  g.add_output("scores", g.add("full", full, {flat}));
  return g;
}

std::vector<float> images(uint32_t seed) {
  std::mt19937 random(seed);
  return random_tensor({kImages, kChannels, kSide, kSide}, random, 1).values;
}

Graph quantized(const Graph& graph, int weight_bits, int value_bits, std::span<const float> pictures) {
  PostTrainingOptions options;
  options.weights.bits = weight_bits;
  options.activations.bits = value_bits;
  options.output_bits = value_bits;  // a step of 4-bit values is many of an 8-bit output's
  return quantize_post_training(graph, pictures, kImages, options);
}

/// The picture as the model's stored input: rows, columns, channels.
std::vector<uint8_t> stored(const Graph& graph, std::span<const float> picture) {
  const Quantization& q = *graph.node(graph.inputs()[0]).quantization;
  std::vector<uint8_t> bytes(kImage);
  for (size_t c = 0; c < kChannels; ++c) {
    for (size_t i = 0; i < kSide * kSide; ++i) {
      const int32_t value =
          quantize(picture[c * kSide * kSide + i], q.scale[0], q.zero_point[0], q.lowest(), q.highest());
      bytes[i * kChannels + c] = static_cast<uint8_t>(value);
    }
  }
  return bytes;
}

/// Share of outputs that are equal; no output may be more than `most_steps` off.
double agreement(const Graph& graph, const PackedModel& model, std::span<const float> pictures, int most_steps) {
  const Quantization& q = *graph.node(graph.outputs()[0].node).quantization;
  const std::vector<float> expected = run_all(graph, pictures, kImages);
  const size_t outputs = expected.size() / kImages;
  size_t equal = 0;
  for (size_t i = 0; i < kImages; ++i) {
    std::vector<uint8_t> out(outputs);
    host::run_reference(model, stored(graph, pictures.subspan(i * kImage, kImage)), 1, out);
    for (size_t k = 0; k < outputs; ++k) {
      const int got = q.is_signed ? static_cast<int8_t>(out[k]) : out[k];
      const int wanted = static_cast<int>(std::lround(expected[i * outputs + k] / q.scale[0])) + q.zero_point[0];
      EXPECT_LE(std::abs(got - wanted), most_steps) << "image " << i << ", output " << k;
      equal += got == wanted;
    }
  }
  return static_cast<double>(equal) / static_cast<double>(expected.size());
}

// The integers round biases, factors and the terms of sums, which the graph does not: a step here and there, and more
// of them the coarser the weights. With weights of few bits a bias is rounded to a step of the sums that is not small.
TEST(Lower, EveryLayerGivesTheGraphsIntegers) {
  struct Case {
    int weight_bits, value_bits, most_steps;
    double agreement;
  };
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    const Graph graph = network(seed);
    const std::vector<float> pictures = images(seed + 100);
    for (const Case& c :
         {Case{8, 8, 1, 0.9}, Case{8, 4, 1, 0.9}, Case{4, 8, 1, 0.8}, Case{2, 8, 2, 0.5},
          // In the next larger integers that the engine has.
          Case{7, 7, 1, 0.9}, Case{6, 5, 1, 0.8}, Case{5, 6, 1, 0.8}, Case{8, 3, 1, 0.9}, Case{3, 3, 1, 0.8}}) {
      const Graph q = quantized(graph, c.weight_bits, c.value_bits, pictures);
      EXPECT_GE(agreement(q, lower(q, "test"), pictures, c.most_steps), c.agreement)
          << "seed " << seed << ", weights of " << c.weight_bits << " bits, values of " << c.value_bits;
    }
  }
}

TEST(Lower, AsymmetricValuesAreFoldedIntoTheBias) {
  const Graph graph = network(9);
  const std::vector<float> pictures = images(10);
  PostTrainingOptions options;
  options.activations.symmetry = Symmetry::asymmetric;
  const Graph q = quantize_post_training(graph, pictures, kImages, options);
  EXPECT_GE(agreement(q, lower(q, "test"), pictures, 1), 0.9);
}

std::string complaint(const Graph& graph) {
  try {
    lower(graph, "test");
    return "";
  } catch (const ModelError& e) {
    return e.what();
  }
}

TEST(Lower, WhatTheEngineLacksNamesTheNode) {
  const std::vector<float> pictures = images(1);
  EXPECT_THAT(complaint(network(1)), HasSubstr("'image'"));

  PostTrainingOptions options;
  options.weights.symmetry = Symmetry::asymmetric;
  EXPECT_THAT(complaint(quantize_post_training(network(1), pictures, kImages, options)),
              testing::AllOf(HasSubstr("'stem'"), HasSubstr("asymmetric")));

  Graph other = quantized(network(1), 8, 8, pictures);
  other.insert_after(*other.find("full"), "border", Pad{{0, 0}, {0, 1}, 3});
  other.set_quantization(*other.find("border"), signed_quantization(8, 0.1F));
  EXPECT_THAT(complaint(other), HasSubstr("'border'"));

  Graph odd = quantized(network(1), 8, 8, pictures);
  Quantization wide = unsigned_quantization(12, 0.1F);
  wide.zero_point[0] = 5;
  odd.set_quantization(*odd.find("pointwise"), wide);
  EXPECT_THAT(complaint(odd), testing::AllOf(HasSubstr("'pointwise'"), HasSubstr("12 bits"), HasSubstr("zero point")));
}

TEST(Lower, CarriesTheMetadata) {
  const std::vector<float> pictures = images(3);
  const Graph graph = quantized(network(3), 8, 8, pictures);
  EXPECT_EQ(lower(graph, "net").preprocessing.channels, Preprocessing::Channels::rgb);
  EXPECT_TRUE(lower(graph, "net").class_names.empty());
  Metadata metadata{{"a", "b", "c", "d", "e"}, Preprocessing{}};
  metadata.preprocessing->channels = Preprocessing::Channels::bgr;
  metadata.preprocessing->mean = {1, 2, 3};
  const PackedModel packed = lower(graph, "net", metadata);
  EXPECT_EQ(packed.class_names, metadata.class_names);
  EXPECT_EQ(packed.preprocessing, *metadata.preprocessing);
  metadata.preprocessing->channels = Preprocessing::Channels::grey;
  EXPECT_THROW(lower(graph, "net", metadata), ModelError);
}

/// A convolution's eight channels, what `rearrange` makes of them, and what reads it.
template <class Rearrange>
Graph rearranged(Rearrange rearrange) {
  std::mt19937 random(5);
  Graph g;
  NodeId x = g.add("image", Input{{1, kChannels, kSide, kSide}});
  x = g.add("stem", convolution(8, kChannels, 3, 1, 1, 1, random), {x});
  x = rearrange(g, x);
  x = g.add("after", convolution(4, g.node(x).shape[1], 3, 2, 1, 1, random), {x});
  FullyConnected full;
  full.weight = random_tensor({5, 4 * kSide / 2 * kSide / 2}, random, 0.05F);
  g.add_output("scores", g.add("full", full, {g.add("flat", Reshape{{0, -1}}, {x})}));
  return g;
}

TEST(Lower, ChannelShufflesAndGathersAreChoicesOfChannels) {
  const std::vector<float> pictures = images(21);
  const auto shuffle = [](Graph& g, NodeId x) {  // Zhang et al., ShuffleNet, 2018
    x = g.add("groups", Reshape{{1, 2, 4, kSide, kSide}}, {x});
    x = g.add("turned", Transpose{{0, 2, 1, 3, 4}}, {x});
    return g.add("shuffled", Reshape{{1, 8, kSide, kSide}}, {x});
  };
  const auto gather = [](Graph& g, NodeId x) {  // Ma et al., ShuffleNet V2, 2018, as exporters write it
    x = g.add("pairs", Reshape{{4, 2, kSide * kSide}}, {x});
    x = g.add("turned", Transpose{{1, 0, 2}}, {x});
    x = g.add("halves", Reshape{{2, 1, 4, kSide, kSide}}, {x});
    x = g.add("second", Slice{0, 1, 2, 1}, {x});
    return g.add("chosen", Reshape{{1, 4, kSide, kSide}}, {x});
  };
  const auto stride = [](Graph& g, NodeId x) { return g.add("odd", Slice{1, 1, 8, 2}, {x}); };
  for (const Graph& graph : {rearranged(shuffle), rearranged(gather), rearranged(stride)}) {
    const Graph q = quantized(graph, 8, 8, pictures);
    const PackedModel model = lower(q, "test");
    EXPECT_EQ(model.layers.size(), 4U);
    EXPECT_GE(agreement(q, model, pictures, 1), 0.9);
  }
}

// The choice itself takes no layer where a pointwise convolution reads it.
TEST(Lower, PointwiseConvolutionsChooseTheirChannels) {
  const std::vector<float> pictures = images(25);
  const auto pointwise = [](Graph& g, NodeId x) {
    std::mt19937 random(8);
    x = g.add("groups", Reshape{{1, 2, 4, kSide, kSide}}, {x});
    x = g.add("turned", Transpose{{0, 2, 1, 3, 4}}, {x});
    x = g.add("shuffled", Reshape{{1, 8, kSide, kSide}}, {x});
    x = g.add("some", Slice{1, 1, 7, 1}, {x});
    return g.add("pointwise", convolution(5, 6, 1, 1, 0, 1, random), {x});
  };
  const Graph q = quantized(rearranged(pointwise), 8, 8, pictures);
  const PackedModel model = lower(q, "test");
  EXPECT_EQ(model.layers.size(), 4U);
  EXPECT_GE(agreement(q, model, pictures, 1), 0.9);
}

/// Slices along rows, columns and channels, and pads with zeros, one after the other, of a value stored as it is.
Graph moved_at_random(std::mt19937& random) {
  Graph g;
  NodeId x = g.add("image", Input{{1, kChannels, kSide, kSide}});
  for (int i = 0, steps = 1 + static_cast<int>(random() % 4); i < steps; ++i) {
    const Shape shape = g.node(x).shape;
    const auto any = [&](int64_t most) { return static_cast<int64_t>(random() % static_cast<uint64_t>(most + 1)); };
    if (random() % 3 == 0) {
      x = g.add(g.free_name("pad"), Pad{{0, any(3), any(2), any(2)}, {0, any(3), any(2), any(2)}}, {x});
    } else {
      Slice slice{static_cast<int>(1 + random() % 3)};
      const int64_t extent = shape[static_cast<size_t>(slice.axis)];
      slice.begin = any(std::min<int64_t>(2, extent - 1));
      slice.end = std::max(slice.begin + 1, extent - any(2));
      slice.step = random() % 3 == 0 ? 2 : 1;
      x = g.add(g.free_name("slice"), slice, {x});
    }
  }
  g.add_output("y", x);
  return g;
}

// Exact: not a step of difference, or a refusal.
TEST(Lower, SlicesAndPadsOfPixelsAndChannelsAreExact) {
  std::mt19937 random(31);
  const std::vector<float> pictures = images(32);
  int taken = 0;
  for (int round = 0; round < 200; ++round) {
    const Graph plain = moved_at_random(random);
    Graph graph = plain;
    Quantization q = signed_quantization(8, 1.0F / 127);
    if (round % 3 == 0) q.zero_point = {-7};
    for (const NodeId id : plain.order()) graph.set_quantization(id, q);
    try {
      const PackedModel model = lower(graph, "test");
      ++taken;
      const Shape& shape = graph.node(graph.outputs()[0].node).shape;
      Executor executor(graph);
      std::copy_n(pictures.begin(), kImage, executor.input(0).begin());
      executor.run();
      std::vector<uint8_t> out(executor.output(0).size());
      host::run_reference(model, stored(graph, std::span(pictures).first(kImage)), 1, out);
      const int64_t pixels = shape[2] * shape[3];
      for (int64_t c = 0; c < shape[1]; ++c)
        for (int64_t i = 0; i < pixels; ++i)
          ASSERT_EQ(static_cast<int8_t>(out[static_cast<size_t>(i * shape[1] + c)]),
                    std::lround(executor.output(0)[static_cast<size_t>(c * pixels + i)] / q.scale[0]) + q.zero_point[0])
              << round << ' ' << describe(graph.node(graph.outputs()[0].node).layer);
    } catch (const ModelError& e) {
      EXPECT_THAT(e.what(),
                  testing::AnyOf(HasSubstr("move pixels"), HasSubstr("engine"), HasSubstr("1 to 1024 layers")))
          << round;
    }
  }
  EXPECT_GT(taken, 120);
}

// A network that reads them: the shortcut of CIFAR's ResNets (option A), and YOLO's focus.
TEST(Lower, ShortcutsAndFocusRunOnTheEngine) {
  const std::vector<float> pictures = images(33);
  const auto shortcut = [](Graph& g, NodeId x) {
    std::mt19937 random(34);
    NodeId y = g.add("rows", Slice{2, 0, kSide, 2}, {x});
    y = g.add("columns", Slice{3, 0, kSide, 2}, {y});
    y = g.add("wider", Pad{{0, 2, 0, 0}, {0, 3, 0, 0}}, {y});
    const NodeId z = g.add("strided", convolution(13, 8, 3, 2, 1, 1, random), {x});
    return g.add("enlarged", ResizeNearest{2, 2}, {g.add("sum", Add{}, {z, y})});
  };
  const auto focus = [](Graph& g, NodeId x) {
    std::vector<NodeId> parts;
    for (int i = 0; i < 4; ++i) {
      const NodeId rows = g.add(g.free_name("rows"), Slice{2, i % 2, kSide, 2}, {x});
      parts.push_back(g.add(g.free_name("columns"), Slice{3, i / 2, kSide, 2}, {rows}));
    }
    return g.add("enlarged", ResizeNearest{2, 2}, {g.add("focus", Concat{}, parts)});
  };
  for (const Graph& graph : {rearranged(shortcut), rearranged(focus)}) {
    const Graph q = quantized(graph, 8, 8, pictures);
    EXPECT_GE(agreement(q, lower(q, "test"), pictures, 1), 0.9);
  }
}

TEST(Lower, ConstantsAreFoldedOrStored) {
  const std::vector<float> pictures = images(35);
  std::mt19937 random(36);
  const auto with_constant = [&](const Shape& shape, Layer layer) {
    return rearranged([&](Graph& g, NodeId x) {
      x = g.add("relu", relu(), {x});
      const NodeId constant = g.add("numbers", Constant{random_tensor(shape, random, 1)});
      return g.add("arithmetic", layer, {x, constant});
    });
  };
  for (const Shape& shape :
       {Shape{8, 1, 1}, Shape{1}, Shape{1, 8, 1, 1}, Shape{8, kSide, kSide}, Shape{kSide, kSide}, Shape{8, kSide, 1}}) {
    for (const Layer& layer : {Layer(Add{}), Layer(Multiply{})}) {
      const Graph q = quantized(with_constant(shape, layer), 8, 8, pictures);
      // Sums have two roundings where the graph has one.
      EXPECT_GE(agreement(q, lower(q, "test"), pictures, 1), 0.8);
    }
  }
}

// Functions of single numbers are tables; gates multiply by a pixel of every channel.
TEST(Lower, FunctionsAreTablesAndGatesProducts) {
  const std::vector<float> pictures = images(40);
  using K = ActivationKind;
  for (const K kind : {K::sigmoid, K::swish, K::tanh, K::hard_sigmoid, K::hard_swish}) {
    const auto gated = [&](Graph& g, NodeId x) {
      Activation activation;
      activation.kind = kind;
      activation.slope = 0.2F, activation.offset = 0.5F;
      const NodeId bent = g.add("bent", activation, {x});
      const NodeId mean = g.add("mean", GlobalPool{}, {bent});
      return g.add("gated", Multiply{}, {bent, g.add("gate", activation, {mean})});
    };
    const Graph q = quantized(rearranged(gated), 8, 8, pictures);
    EXPECT_GE(agreement(q, lower(q, "test"), pictures, 1), 0.9) << static_cast<int>(kind);
  }
}

// Keras' heads: dense, ReLU, batch normalization written as a product and a sum, dense or nothing.
TEST(Lower, DenseHeadsWithConstantsRunOnTheEngine) {
  const std::vector<float> pictures = images(38);
  for (const bool dense_behind : {true, false}) {
    std::mt19937 random(39);
    Graph g;
    const auto constant = [&](const char* name) { return g.add(name, Constant{random_tensor({16}, random, 0.5F)}); };
    NodeId x = g.add("image", Input{{1, kChannels, kSide, kSide}});
    x = g.add("stem", convolution(8, kChannels, 3, 2, 1, 1, random), {x});
    x = g.add("flat", Reshape{{0, -1}}, {g.add("relu", relu(), {x})});
    x = g.add("dense", FullyConnected{random_tensor({16, 8 * 36}, random, 0.1F), {}, {}}, {x});
    x = g.add("biased", Add{}, {x, constant("bias")});
    x = g.add("dense_relu", relu(), {x});
    x = g.add("scaled", Multiply{}, {x, constant("factor")});
    x = g.add("moved", Add{}, {constant("offset"), x});
    if (dense_behind) x = g.add("last", FullyConnected{random_tensor({5, 16}, random, 0.3F), {}, {}}, {x});
    g.add_output("scores", x);
    const Graph q = quantized(g, 8, 8, pictures);
    EXPECT_GE(agreement(q, lower(q, "test"), pictures, 1), 0.9);
  }
}

// A layer that moves numbers cannot store them anew.
TEST(Lower, MovesThatWouldRequantizeAreRefused) {
  const std::vector<float> pictures = images(37);
  Graph q = quantized(network(5), 8, 8, pictures);
  q.set_quantization(*q.find("half"), signed_quantization(8, 0.5F));
  EXPECT_THAT(complaint(q), testing::AllOf(HasSubstr("'half'"), HasSubstr("quantize both alike")));
}

TEST(Lower, MovedPixelsAreCopied) {
  const std::vector<float> pictures = images(22);
  const auto turn = [](Graph& g, NodeId x) { return g.add("turned", Transpose{{0, 1, 3, 2}}, {x}); };
  const auto mixed = [](Graph& g, NodeId x) {
    return g.add("mixed", Gather{2, {3, 3, 0, 11, 5, 1, 2, 4, 9, 8, 8, 7}}, {x});
  };
  for (const Graph& graph : {rearranged(turn), rearranged(mixed)}) {
    const Graph q = quantized(graph, 8, 8, pictures);
    EXPECT_GE(agreement(q, lower(q, "test"), pictures, 1), 0.9);
  }
}

TEST(Lower, LeavesTheTailToTheReader) {
  const std::vector<float> pictures = images(23);
  Graph plain = network(2), tailed = plain;
  const NodeId full = *tailed.find("full");
  tailed.remove_outputs();
  tailed.add_output("scores", tailed.add("softmax", Softmax{}, {full}));
  plain = quantized(plain, 8, 8, pictures);
  tailed = quantized(tailed, 8, 8, pictures);
  EXPECT_EQ(packed_file_bytes(lower(tailed, "net")), packed_file_bytes(lower(plain, "net")));
}

// Training switches channels off: weights of next to nothing beside a bias.
TEST(Lower, ChannelsOfTinyWeights) {
  const std::vector<float> pictures = images(24);
  Graph graph = network(4);
  const NodeId stem = *graph.find("stem");
  for (const float tiny : {1e-12F, 1e-20F, 1e-30F}) {
    Convolution layer = std::get<Convolution>(graph.node(stem).layer);
    for (size_t i = 0; i < 2 * layer.weight.values.size() / 8; ++i)
      layer.weight.values[i] = std::copysign(tiny, layer.weight.values[i]);
    layer.bias.values[0] = 0.5F;
    layer.bias.values[1] = 0;
    graph.replace(stem, layer);
    const Graph q = quantized(graph, 8, 8, pictures);
    EXPECT_GE(agreement(q, lower(q, "test"), pictures, 1), 0.9) << tiny;
  }
}

}  // namespace
}  // namespace flashcell::quant
