// Every layer against plain loops in double precision, on random shapes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/layers/matrix_product.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::quant {
namespace {

using test::any_of;
using test::Random;
using test::random_tensor;

std::vector<float> run(const Graph& graph, const std::vector<Tensor>& inputs) {
  Executor executor(graph);
  for (size_t i = 0; i < inputs.size(); ++i)
    std::copy(inputs[i].values.begin(), inputs[i].values.end(), executor.input(i).begin());
  executor.run();
  return {executor.output(0).begin(), executor.output(0).end()};
}

/// One layer on one input.
std::vector<float> run(Layer layer, const Tensor& x) {
  Graph graph;
  graph.add_output("y", graph.add("y", std::move(layer), {graph.add("x", Input{x.shape})}));
  return run(graph, {x});
}

double at(const Tensor& t, int64_t n, int64_t c, int64_t y, int64_t x) {
  if (y < 0 || x < 0 || y >= t.shape[2] || x >= t.shape[3]) return 0;
  return t.values[static_cast<size_t>(((n * t.shape[1] + c) * t.shape[2] + y) * t.shape[3] + x)];
}

std::vector<double> convolve(const Convolution& layer, const Tensor& x, int64_t rows, int64_t columns) {
  const Shape& w = layer.weight.shape;
  std::vector<double> out;
  for (int64_t n = 0; n < x.shape[0]; ++n)
    for (int64_t o = 0; o < w[0]; ++o)
      for (int64_t y = 0; y < rows; ++y)
        for (int64_t column = 0; column < columns; ++column) {
          double sum = layer.bias.empty() ? 0 : layer.bias.values[static_cast<size_t>(o)];
          for (int64_t i = 0; i < w[1]; ++i)
            for (int64_t ky = 0; ky < w[2]; ++ky)
              for (int64_t kx = 0; kx < w[3]; ++kx)
                sum += at(layer.weight, o, i, ky, kx) *
                       at(x, n, o / (w[0] / layer.groups) * w[1] + i,
                          y * layer.stride.rows + ky * layer.dilation.rows - layer.padding.top,
                          column * layer.stride.columns + kx * layer.dilation.columns - layer.padding.left);
          out.push_back(sum);
        }
  return out;
}

void expect_near(const std::vector<float>& ours, const std::vector<double>& expected, double tolerance = 1e-5) {
  ASSERT_EQ(ours.size(), expected.size());
  for (size_t i = 0; i < ours.size(); ++i)
    ASSERT_NEAR(ours[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << i;
}

TEST(Execute, ConvolutionsOfEveryKind) {
  Random random(1);
  for (int round = 0; round < 150; ++round) {
    const test::RandomConvolution r = test::random_convolution(random);
    Graph graph;
    const NodeId y = graph.add("y", r.layer, {graph.add("x", Input{r.input})});
    graph.add_output("y", y);
    const Tensor x = random_tensor(r.input, random);
    expect_near(run(graph, {x}), convolve(r.layer, x, graph.node(y).shape[2], graph.node(y).shape[3]));
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

TEST(Execute, TransposedConvolutionsSpreadEveryPixel) {
  Random random(11);
  for (int round = 0; round < 100; ++round) {
    const Tensor x = random_tensor(
        {any_of({1, 2}, random), any_of({1, 3, 7}, random), any_of({1, 4, 15}, random), any_of({3, 14}, random)},
        random);
    const int64_t outputs = any_of({1, 2, 5}, random);
    const TransposedConvolution layer = test::random_transposed_convolution(x.shape[1], outputs, random);
    const Shape& w = layer.weight.shape;
    const int64_t rows = layer.stride.rows * (x.shape[2] - 1) + (w[2] - 1) * layer.dilation.rows + 1 + layer.more_rows -
                         layer.padding.top - layer.padding.bottom;
    const int64_t columns = layer.stride.columns * (x.shape[3] - 1) + (w[3] - 1) * layer.dilation.columns + 1 +
                            layer.more_columns - layer.padding.left - layer.padding.right;
    if (rows < 1 || columns < 1) continue;
    std::vector<double> expected;
    for (int64_t n = 0; n < x.shape[0]; ++n)
      for (int64_t o = 0; o < outputs; ++o)
        for (int64_t y = 0; y < rows; ++y)
          for (int64_t column = 0; column < columns; ++column) {
            double sum = layer.bias.empty() ? 0 : layer.bias.values[static_cast<size_t>(o)];
            for (int64_t ky = 0; ky < w[2]; ++ky)
              for (int64_t kx = 0; kx < w[3]; ++kx) {
                const int64_t down = y + layer.padding.top - ky * layer.dilation.rows,
                              right = column + layer.padding.left - kx * layer.dilation.columns;
                if (down % layer.stride.rows != 0 || right % layer.stride.columns != 0) continue;
                for (int64_t i = 0; i < w[1]; ++i)
                  sum += at(layer.weight, o, i, ky, kx) *
                         at(x, n, i, down / layer.stride.rows, right / layer.stride.columns);
              }
            expected.push_back(sum);
          }
    expect_near(run(layer, x), expected);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

// ONNX's half-pixel coordinates, pixel by pixel.
TEST(Execute, LinearResizesLieBetweenPixels) {
  Random random(12);
  for (int round = 0; round < 30; ++round) {
    const Tensor x = random_tensor({1, 2, any_of({1, 2, 5}, random), any_of({1, 6}, random)}, random);
    const ResizeLinear layer{any_of({1, 2, 3}, random), any_of({1, 2, 4}, random)};
    std::vector<double> expected;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t y = 0; y < x.shape[2] * layer.rows; ++y)
        for (int64_t column = 0; column < x.shape[3] * layer.columns; ++column) {
          const double down = std::clamp((y + 0.5) / layer.rows - 0.5, 0.0, x.shape[2] - 1.0),
                       right = std::clamp((column + 0.5) / layer.columns - 0.5, 0.0, x.shape[3] - 1.0);
          double sum = 0;
          for (int64_t r = 0; r < x.shape[2]; ++r)
            for (int64_t k = 0; k < x.shape[3]; ++k)
              sum += std::max(0.0, 1 - std::abs(down - r)) * std::max(0.0, 1 - std::abs(right - k)) * at(x, 0, c, r, k);
          expected.push_back(sum);
        }
    expect_near(run(layer, x), expected);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

TEST(Execute, MatrixProductIsTheSameForEveryVectorWidth) {
  Random random(2);
  for (const auto [rows, depth, columns] : {std::array{1, 1, 1}, {8, 27, 192}, {13, 70, 100}, {17, 5, 33}}) {
    const Tensor matrix = random_tensor({rows, depth}, random), bias = random_tensor({rows}, random),
                 block = random_tensor({depth, MatrixProduct::kBlock}, random);
    std::vector<float> expected;
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) {
        volatile float sum = 0;  // no wider registers, no other order
        for (int k = 0; k < depth; ++k) {
          volatile float product = matrix.values[static_cast<size_t>(r * depth + k)] *
                                   block.values[static_cast<size_t>(k * MatrixProduct::kBlock + c)];
          sum = sum + product;
        }
        expected.push_back(sum + bias.values[static_cast<size_t>(r)]);
      }
    const MatrixProduct product(matrix.values, rows, depth, bias.values);
    test::for_each_simd_target([&, r = rows, n = columns](const char* target) {
      std::vector<float> out(static_cast<size_t>(r) * static_cast<size_t>(n));
      product.multiply(block.values.data(), n, out.data(), n);
      EXPECT_EQ(out, expected) << target;
    });
  }
}

TEST(Execute, FullyConnectedOnTheLastDimension) {
  Random random(3);
  const Tensor x = random_tensor({3, 70, 11}, random), w = random_tensor({9, 11}, random),
               b = random_tensor({9}, random);
  std::vector<double> expected;
  for (size_t v = 0; v < 210; ++v)
    for (size_t o = 0; o < 9; ++o) {
      double sum = b.values[o];
      for (size_t i = 0; i < 11; ++i) sum += double{w.values[o * 11 + i]} * x.values[v * 11 + i];
      expected.push_back(sum);
    }
  expect_near(run(FullyConnected{w, b}, x), expected);
}

TEST(Execute, Pools) {
  Random random(4);
  for (int round = 0; round < 60; ++round) {
    const Tensor x =
        random_tensor({any_of({1, 2}, random), any_of({1, 3}, random), any_of({5, 8, 9}, random), 7}, random);
    Pool pool{any_of({0, 1}, random) == 0 ? PoolKind::max : PoolKind::average,
              {any_of({2, 3}, random), any_of({2, 3, 4}, random)},
              {any_of({1, 2, 3}, random), any_of({1, 2}, random)},
              {any_of({0, 1}, random), any_of({0, 1}, random), 1, 0},
              any_of({0, 1}, random) == 1};
    Graph graph;
    const NodeId y = graph.add("y", pool, {graph.add("x", Input{x.shape})});
    graph.add_output("y", y);
    const Shape shape = graph.node(y).shape;
    std::vector<double> expected;
    for (int64_t n = 0; n < shape[0]; ++n)
      for (int64_t c = 0; c < shape[1]; ++c)
        for (int64_t r = 0; r < shape[2]; ++r)
          for (int64_t k = 0; k < shape[3]; ++k) {
            double most = -1e9, sum = 0;
            int inside = 0;
            for (int ky = 0; ky < pool.kernel[0]; ++ky)
              for (int kx = 0; kx < pool.kernel[1]; ++kx) {
                const int64_t yy = r * pool.stride.rows + ky - pool.padding.top,
                              xx = k * pool.stride.columns + kx - pool.padding.left;
                if (yy < 0 || xx < 0 || yy >= x.shape[2] || xx >= x.shape[3]) continue;
                ++inside;
                most = std::max(most, at(x, n, c, yy, xx));
                sum += at(x, n, c, yy, xx);
              }
            const int count = pool.count_padding ? pool.kernel[0] * pool.kernel[1] : inside;
            expected.push_back(pool.kind == PoolKind::max ? most : sum / count);
          }
    expect_near(run(graph, {x}), expected);
  }
}

TEST(Execute, Activations) {
  const Tensor x = {{9}, {-8, -3, -1, -0.25F, 0, 0.5F, 1, 5, 9}};
  const auto check = [&](Activation layer, double (*function)(double)) {
    std::vector<double> expected;
    for (const float v : x.values) expected.push_back(function(v));
    expect_near(run(layer, x), expected, 1e-6);
  };
  check({ActivationKind::relu}, [](double v) { return std::max(v, 0.0); });
  check({ActivationKind::clip}, [](double v) { return std::clamp(v, 0.0, 6.0); });
  check({ActivationKind::clip, -2, 3}, [](double v) { return std::clamp(v, -2.0, 3.0); });
  check({.kind = ActivationKind::leaky_relu, .slope = 0.25F}, [](double v) { return v < 0 ? v / 4 : v; });
  check({ActivationKind::sigmoid}, [](double v) { return 1 / (1 + std::exp(-v)); });
  check({ActivationKind::swish}, [](double v) { return v / (1 + std::exp(-v)); });
  check({ActivationKind::tanh}, [](double v) { return std::tanh(v); });
  check({.kind = ActivationKind::hard_sigmoid, .slope = 0.2F, .offset = 0.5F},
        [](double v) { return std::clamp(0.2 * v + 0.5, 0.0, 1.0); });
  check({.kind = ActivationKind::elu, .slope = 2}, [](double v) { return v < 0 ? 2 * (std::exp(v) - 1) : v; });
  check({.kind = ActivationKind::elu, .slope = 2, .gain = 3},
        [](double v) { return 3 * (v < 0 ? 2 * (std::exp(v) - 1) : v); });
  check({ActivationKind::hard_swish}, [](double v) { return v * std::clamp(v / 6 + 0.5, 0.0, 1.0); });
}

TEST(Execute, MovesNumbers) {
  const Tensor x = {{1, 2, 2, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
  EXPECT_EQ(run(Transpose{{0, 3, 1, 2}}, x), (std::vector<float>{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}));
  EXPECT_EQ(run(Slice{3, 0, 3, 2}, x), (std::vector<float>{0, 2, 3, 5, 6, 8, 9, 11}));
  EXPECT_EQ(run(Slice{1, 1, 2}, x), (std::vector<float>{6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(run(Reshape{{-1}}, x), x.values);
  EXPECT_EQ(run(Pad{{0, 0, 1, 0}, {0, 0, 0, 1}, 7}, {{1, 1, 1, 2}, {1, 2}}), (std::vector<float>{7, 7, 7, 1, 2, 7}));
  EXPECT_EQ(run(ResizeNearest{2, 3}, {{1, 1, 1, 2}, {1, 2}}), (std::vector<float>{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(run(GlobalPool{PoolKind::max}, x), (std::vector<float>{5, 11}));
  EXPECT_EQ(run(GlobalPool{PoolKind::average}, x), (std::vector<float>{2.5F, 8.5F}));
}

TEST(Execute, CombinesAndStretches) {
  Graph graph;
  const NodeId a = graph.add("a", Input{{1, 2, 1, 3}}), b = graph.add("b", Constant{{{2, 2, 1}, {10, 20, 30, 40}}});
  const NodeId sum = graph.add("sum", Add{}, {a, b});
  graph.add_output("y", graph.add("y", Concat{1}, {sum, graph.add("product", Multiply{}, {b, a})}));
  EXPECT_EQ(run(graph, {{{1, 2, 1, 3}, {1, 2, 3, 4, 5, 6}}}),
            (std::vector<float>{11, 12, 13, 21, 22, 23, 34,  35,  36,  44,  45,  46,
                                10, 20, 30, 20, 40, 60, 120, 150, 180, 160, 200, 240}));
}

TEST(Execute, SoftmaxAndNormalization) {
  const std::vector<float> y = run(Softmax{1}, {{1, 2, 2}, {1000, 0, 1000, std::log(3.0F)}});
  expect_near(y, {0.5, 0.25, 0.5, 0.75}, 1e-6);
  expect_near(run(Softmax{1, true}, {{1, 2, 2}, {1000, 0, 1000, std::log(3.0F)}}),
              {std::log(0.5), std::log(0.25), std::log(0.5), std::log(0.75)}, 1e-6);
  expect_near(run(Softmax{-1, true}, {{1, 2}, {200, 0}}), {0, -200}, 1e-6);
  expect_near(run(BatchNormalization{{{2}, {2, 3}}, {{2}, {1, -1}}, {{2}, {4, 5}}, {{2}, {3, 8}}, 1},
                  {{1, 2, 2}, {4, 6, 5, 8}}),
              {1, 3, -1, 2}, 1e-6);
}

TEST(Execute, SimplifyKeepsWhatTheNetworkComputes) {
  Random random(5);
  for (int round = 0; round < 40; ++round) {
    const Graph graph = test::random_graph(random);
    const Graph simple = simplify(graph);
    for (const NodeId id : simple.order())
      EXPECT_FALSE(std::holds_alternative<BatchNormalization>(simple.node(id).layer));
    const Tensor x = random_tensor(graph.node(graph.inputs()[0]).shape, random);
    const std::vector<float> before = run(graph, {x}), after = run(simple, {x});
    expect_near(after, {before.begin(), before.end()}, 1e-4);
    EXPECT_EQ(run(graph, {x}), before);
  }
}

TEST(Execute, FusesGatesAndPadding) {
  Graph graph;
  NodeId x = graph.add("x", Input{{1, 2, 4, 4}});
  x = graph.add("swish", Multiply{}, {graph.add("gate", Activation{ActivationKind::sigmoid}, {x}), x});
  x = graph.add("pad", Pad{{0, 0, 1, 2}, {0, 0, 0, 1}}, {x});
  x = graph.add("pool", Pool{PoolKind::average, {2, 3}, {1, 1}}, {x});
  graph.add_output("y", x);
  const Graph simple = simplify(graph);
  EXPECT_EQ(simple.order().size(), 3U);
  EXPECT_EQ(describe(simple.node(*simple.find("swish")).layer), "swish");
  Random random(6);
  const Tensor input = random_tensor({1, 2, 4, 4}, random);
  const std::vector<float> before = run(graph, {input});
  expect_near(run(simple, {input}), {before.begin(), before.end()}, 1e-6);
}

TEST(Execute, ShowsWhatQuantizationDoes) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 1, 1, 4}});
  const NodeId y =
      graph.add("y", Convolution{{{1, 1, 1, 1}, {0.6F}}, {}, {}, {}, 1, weight_quantization(2, {0.5F})}, {x});
  graph.add_output("y", y);
  graph.set_quantization(y, unsigned_quantization(2, 0.25F));
  EXPECT_EQ(run(graph, {{{1, 1, 1, 4}, {-1, 0.3F, 0.75F, 9}}}), (std::vector<float>{0, 0.25F, 0.5F, 0.75F}));
}

TEST(Execute, BatchesGiveWhatSingleImagesGive) {
  Random random(7);
  for (int round = 0; round < 10; ++round) {
    const Graph graph = test::random_graph(random);
    Shape all = graph.node(graph.inputs()[0]).shape;
    all[0] = 5;
    const Tensor images = random_tensor(all, random);
    const std::vector<float> one_by_one = run_all(graph, images.values, 5, 1);
    EXPECT_EQ(run_all(graph, images.values, 5, 2), one_by_one);
    EXPECT_EQ(run_all(graph, images.values, 5, 32), one_by_one);
  }
}

/// The network with constants added to and multiplied by values anywhere in it: one number, one a channel, or one for
/// each number.
Graph with_constants(const Graph& plain, Random& random) {
  Graph graph = plain;
  for (const NodeId id : plain.order()) {
    const Shape shape = plain.node(id).shape;
    if (random() % 3 == 0) continue;
    Shape stretched(shape.size(), 1);
    if (random() % 2 == 0) stretched[1] = shape[1];
    if (random() % 4 == 0) stretched = shape;
    const NodeId copy = graph.insert_after(id, graph.free_name("constant arithmetic"), Activation{});
    const NodeId constant = graph.add(graph.free_name("c"), Constant{random_tensor(stretched, random, 0.5F, 1.5F)});
    std::vector<NodeId> inputs = {id, constant};
    if (random() % 2 == 0) std::swap(inputs[0], inputs[1]);
    graph.replace(copy, random() % 2 == 0 ? Layer(Add{}) : Layer(Multiply{}), inputs);
  }
  return graph;
}

// Conv -> ReLU -> Conv -> Add constant gave what another layer had left in the constant's memory.
TEST(Execute, ConstantsBehindOtherLayersKeepTheirNumbers) {
  Graph graph;
  const Convolution half{{{1, 1, 1, 1}, {0.5F}}, {}};
  NodeId x = graph.add("x", Input{{1, 1, 2, 2}});
  x = graph.add("relu", Activation{}, {graph.add("first", half, {x})});
  x = graph.add("second", half, {x});
  const NodeId ten = graph.add("ten", Constant{{{1, 1, 2, 2}, {10, 20, 30, 40}}});
  graph.add_output("y", graph.add("sum", Add{}, {x, ten}));
  const std::vector<float> expected = {11, 20, 30, 42};
  Executor executor(graph);
  for (int i = 0; i < 3; ++i) {
    std::copy_n(std::array{4.0F, -1.0F, 0.0F, 8.0F}.begin(), 4, executor.input(0).begin());
    executor.run();
    EXPECT_EQ((std::vector<float>{executor.output(0).begin(), executor.output(0).end()}), expected) << i;
  }
}

// With every value an output, no memory is shared.
TEST(Execute, SharedMemoryChangesNothing) {
  Random random(12);
  for (int round = 0; round < 60; ++round) {
    const Graph graph = with_constants(test::random_graph(random), random);
    Graph apart = graph;
    for (const NodeId id : graph.order()) apart.add_output("value " + graph.node(id).name, id);
    const Tensor x = random_tensor(graph.node(graph.inputs()[0]).shape, random);
    Executor shared(graph);
    for (int i = 0; i < 2; ++i) {
      std::copy(x.values.begin(), x.values.end(), shared.input(0).begin());
      shared.run();
      EXPECT_EQ((std::vector<float>{shared.output(0).begin(), shared.output(0).end()}), run(apart, {x})) << round;
    }
  }
}

TEST(Execute, SimplifyFoldsConstants) {
  Random random(13);
  for (int round = 0; round < 60; ++round) {
    const Graph graph = with_constants(test::random_graph(random), random), simple = simplify(graph);
    for (const NodeId id : simple.order()) {
      const Node& n = simple.node(id);
      if (!std::holds_alternative<Add>(n.layer) && !std::holds_alternative<Multiply>(n.layer)) continue;
      for (const NodeId input : n.inputs) {
        const Constant* constant = std::get_if<Constant>(&simple.node(input).layer);
        // What is left has a number for each pixel.
        if (constant != nullptr) {
          EXPECT_GT(element_count(constant->value.shape), n.shape[1]) << n.name;
        }
      }
    }
    const Tensor x = random_tensor(graph.node(graph.inputs()[0]).shape, random);
    const std::vector<float> before = run(graph, {x}), after = run(simple, {x});
    float largest = 1;
    for (const float number : before) largest = std::max(largest, std::abs(number));
    for (size_t i = 0; i < before.size(); ++i) ASSERT_NEAR(after[i], before[i], 1e-4 * largest) << round;
  }
}

// Keras: dense, ReLU, batch normalization, dense, as ONNX files write it.
TEST(Execute, SimplifyFoldsDenseHeads) {
  Random random(14);
  const auto constant = [&](Graph& g, const char* name) {
    return g.add(name, Constant{random_tensor({6}, random, 0.5F, 2)});
  };
  for (const bool into_next : {true, false}) {
    Graph graph;
    NodeId x = graph.add("x", Input{{1, 5}});
    x = graph.add("first", FullyConnected{random_tensor({6, 5}, random), {}, {}}, {x});
    x = graph.add("biased", Add{}, {x, constant(graph, "bias")});
    x = graph.add("relu", Activation{}, {x});
    x = graph.add("scaled", Multiply{}, {constant(graph, "factor"), x});
    x = graph.add("moved", Add{}, {x, constant(graph, "offset")});
    if (into_next) x = graph.add("last", FullyConnected{random_tensor({3, 6}, random), {}, {}}, {x});
    graph.add_output("y", x);
    const Graph simple = simplify(graph);
    EXPECT_EQ(simple.order().size(), 4U);  // what stays: the input, two fully connected layers, ReLU
    const Tensor input = random_tensor({1, 5}, random);
    const std::vector<float> before = run(graph, {input});
    expect_near(run(simple, {input}), {before.begin(), before.end()}, 1e-5);
  }
}

TEST(Execute, SimplifyKeepsBatchNormalizationWhenAsked) {
  Random random(15);
  Graph graph;
  NodeId x = graph.add("x", Input{{1, 2, 4, 4}});
  x = graph.add("conv", Convolution{random_tensor({3, 2, 1, 1}, random), {}}, {x});
  const BatchNormalization norm{random_tensor({3}, random), random_tensor({3}, random), random_tensor({3}, random),
                                random_tensor({3}, random, 1, 2)};
  graph.add_output("y", graph.add("norm", norm, {x}));
  const Graph kept = simplify(graph, {.keep_batch_normalization = true});
  EXPECT_EQ(std::get<BatchNormalization>(kept.node(*kept.find("norm")).layer), norm);
  EXPECT_FALSE(simplify(graph).find("norm").has_value());
}

TEST(Execute, ObserverSeesEveryNodeInOrder) {
  Random random(8);
  const Graph graph = test::random_graph(random);
  std::vector<NodeId> seen;
  Executor executor(graph);
  executor.run([&](NodeId id, std::span<const float> value) {
    seen.push_back(id);
    EXPECT_EQ(static_cast<int64_t>(value.size()), element_count(graph.node(id).shape));
  });
  EXPECT_EQ(seen, graph.order());
}

// Where a model of noisy hardware comes in: it makes every node's step, here from the layer's own.
TEST(Execute, StepsComeFromTheFactory) {
  Random random(31);
  Graph graph;
  const NodeId x = graph.add("x", Input{{2, 3, 4, 4}});
  const NodeId positive = graph.add("positive", Activation{}, {x});
  graph.add_output("sum", graph.add("sum", Add{}, {positive, x}));
  const Tensor image = random_tensor({2, 3, 4, 4}, random, -1, 1);
  std::vector<std::string> asked;
  const StepFactory doubled = [&](const Node& node, std::span<const Shape> inputs) -> Step {
    asked.push_back(node.name);
    EXPECT_EQ(inputs.size(), node.inputs.size());
    for (const Shape& shape : inputs) EXPECT_EQ(shape, image.shape);
    const Step own = layer_step(node, inputs);
    if (node.name != "positive") return own;
    return [own, count = image.values.size()](StepInputs in, float* out) {
      own(in, out);
      for (size_t i = 0; i < count; ++i) out[i] *= 2;
    };
  };
  const std::vector<float> plain = run_all(graph, image.values, 2),
                           noisy = run_all(graph, image.values, 2, 32, {}, doubled);
  EXPECT_EQ(asked, (std::vector<std::string>{"x", "positive", "sum"}));
  ASSERT_EQ(noisy.size(), image.values.size());
  for (size_t i = 0; i < noisy.size(); ++i) {
    const float value = image.values[i], above = std::max(value, 0.0F);
    EXPECT_EQ(plain[i], above + value);
    EXPECT_EQ(noisy[i], 2 * above + value);
  }
}

}  // namespace
}  // namespace flashcell::quant
