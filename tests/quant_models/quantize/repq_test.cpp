#include "quant_models/quantize/repq.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/attention.hpp"
#include "quant_models/model_error.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/quant_models/graph/small_transformer.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kRepqImages = 16;

double relative_error(const Graph& graph, const Graph& real, const std::vector<float>& images) {
  const std::vector<float> made = run_all(graph, images, kRepqImages), wanted = run_all(real, images, kRepqImages);
  double error = 0, size = 0;
  for (size_t i = 0; i < made.size(); ++i) {
    error += std::pow(static_cast<double>(made[i]) - static_cast<double>(wanted[i]), 2);
    size += std::pow(static_cast<double>(wanted[i]), 2);
  }
  return error / size;
}

Graph without_quantization(Graph graph) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    Layer layer = graph.node(id).layer;
    if (std::optional<Quantization>* q = weight_quantization_of(layer)) q->reset();
    graph.replace(id, std::move(layer));
    graph.set_quantization(id, std::nullopt);
  }
  return graph;
}

TEST(Repq, ChangesNothingInRealNumbers) {
  const Graph real = test::small_transformer(1);
  const std::vector<float> images = test::small_pictures(kRepqImages, 1);
  const Graph quantized = quantize_repq(real, images, kRepqImages, {});
  const Graph changed = without_quantization(quantized);
  EXPECT_LT(relative_error(changed, real, images), 1e-9);
  EXPECT_NE(std::get<LayerNormalization>(changed.node(*changed.find("block0.norm1")).layer),
            std::get<LayerNormalization>(real.node(*real.find("block0.norm1")).layer));
}

TEST(Repq, MoreBitsComeCloser) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const Graph real = test::small_transformer(seed);
    const std::vector<float> images = test::small_pictures(kRepqImages, seed);
    const auto error_of = [&](int bits) {
      RepqOptions options;
      options.weights.bits = options.value_bits = bits;
      return relative_error(quantize_repq(real, images, kRepqImages, options), real, images);
    };
    const double four = error_of(4), six = error_of(6), eight = error_of(8), ten = error_of(10);
    EXPECT_LT(six, four);
    EXPECT_LT(eight, six / 4);
    EXPECT_LT(ten, eight);  // percentiles cut off the same shares however many bits there are
    EXPECT_LT(ten, 5e-3);
  }
}

// What is stored: everything that a product reads, in the way that suits it; nothing else.
TEST(Repq, StoresWhatProductsRead) {
  const Graph real = test::small_transformer(3);
  const Graph g = quantize_repq(real, test::small_pictures(kRepqImages, 3), kRepqImages, {.always_log = true});
  const auto of = [&](const char* name) { return g.node(*g.find(name)).quantization; };
  for (const char* name : {"block0.sum1", "block0.scores", "block0.qkv", "block0.fc1", "start", "head"})
    EXPECT_FALSE(of(name)) << name;
  for (const char* name : {"block0.q.chosen", "block0.k.chosen", "block0.v.chosen", "block0.attended", "block0.gelu",
                           "block0.norm1", "norm"}) {
    ASSERT_TRUE(of(name)) << name;
    EXPECT_EQ(of(name)->bits, 4) << name;
    EXPECT_FALSE(of(name)->per_channel()) << name;
  }
  EXPECT_NE(of("block0.q.chosen"), of("block0.k.chosen"));
  EXPECT_EQ(of("block0.keys"), of("block0.k.chosen"));
  EXPECT_EQ(of("block0.together"), of("block0.attended"));
  EXPECT_EQ(of("block0.softmax")->kind, QuantizationKind::log_sqrt2);
  RepqOptions more;
  more.value_bits = 10;
  const Graph even = quantize_repq(real, test::small_pictures(kRepqImages, 3), kRepqImages, more);
  EXPECT_EQ(even.node(*even.find("block0.softmax")).quantization->kind, QuantizationKind::affine);
  EXPECT_EQ(of("input")->bits, 8);
  for (const NodeId id : g.order()) {
    const std::optional<Quantization>* q = weight_quantization_of(g.node(id).layer);
    EXPECT_TRUE(q == nullptr || *q) << g.node(id).name;
  }
}

// Behind a layer normalization whose channels differ by far, one scale for all is much worse.
TEST(Repq, OneScaleIsAsGoodAsOneForEachChannel) {
  const Graph real = test::small_transformer(4, 1);
  const std::vector<float> images = test::small_pictures(kRepqImages, 4);
  RepqOptions options;
  options.weights.bits = 8;
  Graph quantized = quantize_repq(real, images, kRepqImages, options);
  const NodeId changed = *quantized.find("block0.norm1");
  const Quantization one = *quantized.node(changed).quantization;
  const auto error_at_norm = [&](const Graph& g, const Graph& wanted) {
    Graph a = g, b = wanted;
    for (Graph* graph : {&a, &b}) {
      const NodeId reader = *graph->find("block0.qkv");
      graph->remove_outputs();
      graph->add_output("y", reader);
      graph->remove_unused();
    }
    return relative_error(a, b, images);
  };
  const double with = error_at_norm(quantized, real);
  Graph plain = real;
  std::vector<float> numbers;
  run_all(real, images, kRepqImages, 1, [&](NodeId id, std::span<const float> value) {
    if (id == *real.find("block0.norm1")) numbers.insert(numbers.end(), value.begin(), value.end());
  });
  const CalibratorOptions calibrator{.bits = 4, .calibrator = Calibrator::mse, .symmetry = Symmetry::asymmetric};
  plain.set_quantization(*plain.find("block0.norm1"), calibrate(statistics_of(numbers), calibrator));
  EXPECT_LT(2 * with, error_at_norm(plain, real));
  EXPECT_EQ(one.bits, 4);
}

TEST(Repq, RefusesWhatIsNoTransformer) {
  test::Random random(1);
  const Graph graph = test::random_graph(random);
  const Shape& shape = graph.node(graph.inputs()[0]).shape;
  EXPECT_THROW(quantize_repq(graph, test::random_tensor(shape, random).values, 1, {}), ModelError);
}

}  // namespace
}  // namespace flashcell::quant
