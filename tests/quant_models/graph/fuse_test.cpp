// Layer normalization, GELU and attention's scale as exporters spell them: one layer each, and the same numbers.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

/// A graph that is written node by node.
struct Written {
  Graph graph;
  NodeId x = graph.add("x", Input{{2, 3, 8}});

  NodeId add(const char* name, Layer layer, std::vector<NodeId> inputs) {
    return graph.add(graph.free_name(name), std::move(layer), std::move(inputs));
  }
  NodeId number(float value) { return add("number", Constant{{{}, {value}}}, {}); }
  NodeId numbers(Tensor tensor) { return add("numbers", Constant{std::move(tensor)}, {}); }
  NodeId sum(NodeId a, NodeId b) { return add("sum", Add{}, {a, b}); }
  NodeId times(NodeId a, NodeId b) { return add("times", Multiply{}, {a, b}); }
  NodeId scaled(NodeId a, float factor) { return times(a, number(factor)); }
  NodeId function(ElementwiseKind kind, NodeId a, float exponent = 1) {
    return add("function", Elementwise{kind, exponent}, {a});
  }
  NodeId mean(NodeId a) { return add("mean", ReduceMean{{-1}, true}, {a}); }
  NodeId difference(NodeId a, NodeId b) { return sum(a, scaled(b, -1)); }
};

template <class Kind>
size_t count_of(const Graph& graph) {
  size_t count = 0;
  for (const NodeId id : graph.order()) count += std::holds_alternative<Kind>(graph.node(id).layer) ? 1 : 0;
  return count;
}

std::vector<float> run(const Graph& graph) {
  test::Random random(1);
  Executor executor(graph);
  for (size_t i = 0; i < executor.input_count(); ++i) {
    const Tensor x = test::random_tensor({static_cast<int64_t>(executor.input(i).size())}, random, -3, 3);
    std::copy(x.values.begin(), x.values.end(), executor.input(i).begin());
  }
  executor.run();
  return {executor.output(0).begin(), executor.output(0).end()};
}

void expect_same_numbers(const Graph& a, const Graph& b) {
  const std::vector<float> x = run(a), y = run(b);
  ASSERT_EQ(x.size(), y.size());
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], y[i], 5e-5F * (1 + std::abs(x[i]))) << i;
}

// The written graph in its own way, ended by `build`, is `kept` nodes of one kind and no more but inputs.
template <class Kind>
void expect_one(const std::function<NodeId(Written&)>& build, size_t nodes = 2) {
  Written w;
  w.graph.add_output("y", build(w));
  const Graph simple = simplify(w.graph);
  EXPECT_EQ(count_of<Kind>(simple), 1U);
  EXPECT_EQ(simple.order().size(), nodes);
  expect_same_numbers(w.graph, simple);
}

TEST(FuseLayerNormalization, SpellingsOfExporters) {
  test::Random random(2);
  const Tensor scale = test::random_tensor({8}, random, 0.5F, 2), bias = test::random_tensor({1, 1, 8}, random);
  const auto affine = [&](Written& w, NodeId y) { return w.sum(w.times(y, w.numbers(scale)), w.numbers(bias)); };
  // PyTorch below operator set 17: one difference.
  expect_one<LayerNormalization>([&](Written& w) {
    const NodeId d = w.difference(w.x, w.mean(w.x));
    const NodeId s = w.function(ElementwiseKind::square_root, w.sum(w.mean(w.times(d, d)), w.number(1e-5F)));
    return affine(w, w.add("quotient", Divide{}, {d, s}));
  });
  // Two differences, as old exporters have it, and no affine part.
  expect_one<LayerNormalization>([&](Written& w) {
    const NodeId m = w.mean(w.x), d = w.difference(w.x, m), e = w.difference(w.x, m);
    const NodeId s = w.function(ElementwiseKind::square_root, w.sum(w.number(1e-3F), w.mean(w.times(e, e))));
    return w.add("quotient", Divide{}, {d, s});
  });
  // By the reciprocal of the root, or a power of -1/2; scale only, bias only.
  expect_one<LayerNormalization>([&](Written& w) {
    const NodeId d = w.difference(w.x, w.mean(w.x));
    const NodeId s = w.function(ElementwiseKind::square_root, w.sum(w.mean(w.times(d, d)), w.number(1e-6F)));
    return w.times(w.numbers(scale), w.times(w.function(ElementwiseKind::reciprocal, s), d));
  });
  expect_one<LayerNormalization>([&](Written& w) {
    const NodeId d = w.difference(w.x, w.mean(w.x));
    const NodeId s = w.function(ElementwiseKind::power, w.sum(w.mean(w.times(d, d)), w.number(1e-6F)), -0.5F);
    return w.sum(w.numbers(bias), w.times(d, s));
  });
}

TEST(FuseLayerNormalization, LeavesWhatIsNone) {
  const auto none = [](const std::function<NodeId(Written&)>& build) {
    Written w;
    w.graph.add_output("y", build(w));
    EXPECT_EQ(count_of<LayerNormalization>(fuse_layer_normalization(w.graph)), 0U);
  };
  // The variance of another value; a mean over another dimension.
  none([](Written& w) {
    const NodeId d = w.difference(w.x, w.mean(w.x)), twice = w.scaled(w.x, 2);
    const NodeId s = w.function(ElementwiseKind::square_root, w.sum(w.mean(w.times(twice, twice)), w.number(1)));
    return w.add("quotient", Divide{}, {d, s});
  });
  none([](Written& w) {
    const NodeId d = w.difference(w.x, w.add("mean", ReduceMean{{1}, true}, {w.x}));
    const NodeId v = w.add("mean", ReduceMean{{1}, true}, {w.times(d, d)});
    return w.add("quotient", Divide{}, {d, w.function(ElementwiseKind::square_root, w.sum(v, w.number(1)))});
  });
}

TEST(FuseGelu, SpellingsOfExporters) {
  const auto root = static_cast<float>(std::sqrt(0.5));
  const auto erf = [&](Written& w) { return w.function(ElementwiseKind::error_function, w.scaled(w.x, root)); };
  expect_one<Gelu>([&](Written& w) { return w.scaled(w.times(w.x, w.sum(erf(w), w.number(1))), 0.5F); });
  expect_one<Gelu>([&](Written& w) { return w.times(w.scaled(w.x, 0.5F), w.sum(w.number(1), erf(w))); });
  expect_one<Gelu>([&](Written& w) { return w.times(w.x, w.scaled(w.sum(erf(w), w.number(1)), 0.5F)); });
  expect_one<Gelu>([&](Written& w) { return w.times(w.x, w.sum(w.scaled(erf(w), 0.5F), w.number(0.5F))); });
  expect_one<Gelu>([&](Written& w) {
    const NodeId half = w.scaled(w.x, 0.5F);
    return w.sum(half, w.times(half, erf(w)));
  });
  // Half precision in the file.
  expect_one<Gelu>([&](Written& w) {
    const NodeId e = w.function(ElementwiseKind::error_function, w.scaled(w.x, 0.70703125F));
    return w.scaled(w.times(w.x, w.sum(e, w.number(1))), 0.5F);
  });
}

TEST(FuseGelu, TanhForms) {
  const auto slope = static_cast<float>(std::sqrt(2 / M_PI));
  const auto tanh = [](Written& w, NodeId u) { return w.add("tanh", Activation{.kind = ActivationKind::tanh}, {u}); };
  expect_one<Gelu>([&](Written& w) {
    const NodeId cube = w.times(w.times(w.x, w.x), w.x);
    const NodeId t = tanh(w, w.scaled(w.sum(w.x, w.scaled(cube, 0.044715F)), slope));
    return w.times(w.scaled(w.x, 0.5F), w.sum(t, w.number(1)));
  });
  expect_one<Gelu>([&](Written& w) {
    const NodeId bent = w.sum(w.scaled(w.times(w.x, w.x), 0.044715F * slope), w.number(slope));
    return w.scaled(w.times(w.x, w.sum(w.number(1), tanh(w, w.times(w.x, bent)))), 0.5F);
  });
}

TEST(FuseGelu, ANumberOfTimesIsAProductBehind) {
  const auto root = static_cast<float>(std::sqrt(0.5));
  Written w;
  const NodeId e = w.function(ElementwiseKind::error_function, w.scaled(w.x, root));
  w.graph.add_output("y", w.times(w.x, w.sum(e, w.number(1))));
  const Graph fused = fuse_gelu(w.graph);
  EXPECT_EQ(count_of<Gelu>(fused), 1U);
  EXPECT_EQ(count_of<Multiply>(fused), 1U);
  expect_same_numbers(w.graph, fused);
}

TEST(FuseGelu, LeavesWhatIsNone) {
  Written w;
  const NodeId e = w.function(ElementwiseKind::error_function, w.scaled(w.x, 0.5F));
  w.graph.add_output("y", w.scaled(w.times(w.x, w.sum(e, w.number(1))), 0.5F));
  EXPECT_EQ(count_of<Gelu>(fuse_gelu(w.graph)), 0U);
}

TEST(FoldAffine, ABiasBehindQuantizedWeightsIsTheLayers) {
  test::Random random(3);
  Written w;
  FullyConnected layer{test::random_tensor({5, 8}, random), {}, weight_quantization(8, {0.01F})};
  const Tensor bias = test::random_tensor({5}, random);
  w.graph.add_output("y", w.sum(w.add("dense", layer, {w.x}), w.numbers(bias)));
  const Graph simple = simplify(w.graph);
  ASSERT_EQ(simple.order().size(), 2U);
  layer.bias = bias;
  EXPECT_EQ(simple.node(simple.order()[1]).layer, Layer(layer));
  expect_same_numbers(w.graph, simple);
}

TEST(FuseProductScale, BeforeAndBehindAndThroughTransposes) {
  Written w;
  const NodeId queries = w.scaled(w.x, 0.5F), keys = w.add("keys", Transpose{{0, 2, 1}}, {w.scaled(w.x, 0.25F)});
  const NodeId scores = w.scaled(w.add("scores", Product{}, {queries, keys}), 3);
  w.graph.add_output("y", scores);
  const Graph simple = fuse_product_scale(w.graph);
  EXPECT_EQ(count_of<Multiply>(simple), 0U);
  expect_same_numbers(w.graph, simple);
}

TEST(FuseProductScale, AFactorOfBothSidesStays) {
  Written w;
  const NodeId square = w.graph.add("square", Input{{2, 4, 4}}), twice = w.scaled(square, 2);
  w.graph.add_output("y", w.add("product", Product{}, {twice, twice}));
  expect_same_numbers(w.graph, fuse_product_scale(w.graph));
}

}  // namespace
}  // namespace flashcell::quant
