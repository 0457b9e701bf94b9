// Training on images without labels: for fewer bits, for fewer channels.
#include "quant_models/train/tuning.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/train/prune_channels.hpp"
#include "quant_models/train/train_ternary.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::Random;
using test::random_tensor;

constexpr int64_t kImages = 48;

Graph network(Random& random) {
  Graph graph;
  NodeId x = graph.add("x", Input{{1, 2, 6, 6}});
  for (const char* name : {"a", "b", "c"}) {
    Convolution layer{random_tensor({8, graph.node(x).shape[1], 3, 3}, random, -0.5F, 0.5F),
                      random_tensor({8}, random)};
    layer.padding = {1, 1, 1, 1};
    x = graph.add(std::string(name) + "_relu", Activation{}, {graph.add(name, layer, {x})});
  }
  x = graph.add("flat", Reshape{{0, -1}}, {graph.add("mean", GlobalPool{}, {x})});
  graph.add_output("y",
                   graph.add("scores", FullyConnected{random_tensor({4, 8}, random), random_tensor({4}, random)}, {x}));
  return graph;
}

std::vector<float> random_images(Random& random) {
  return random_tensor({kImages, 2, 6, 6}, random).values;
}

double distance(const Graph& real, const Graph& other, const std::vector<float>& images) {
  const std::vector<float> a = run_all(real, images, kImages), b = run_all(other, images, kImages);
  double error = 0, power = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    error += std::pow(static_cast<double>(a[i]) - b[i], 2);
    power += std::pow(static_cast<double>(a[i]), 2);
  }
  return error / power;
}

TuningOptions options(int steps) {
  return {.steps = steps, .batch = 16, .learning_rate = 3e-3, .temperature = 1};
}

TEST(Tuning, ADisturbedNetworkComesBack) {
  Random random(1);
  const Graph real = network(random);
  const std::vector<float> images = random_images(random);
  Graph disturbed = real;
  for (const NodeId id : real.order()) {
    Layer layer = real.node(id).layer;
    if (weight_of(layer) == nullptr) continue;
    for (float& w : weight_of(layer)->values) w *= 1 + 0.4F * random_tensor({1}, random).values[0];
    disturbed.replace(id, layer);
  }
  const Graph tuned = tune(real, disturbed, images, kImages, options(150), {.alike = {"a", "b", "c"}});
  EXPECT_LT(distance(real, tuned, images), 0.3 * distance(real, disturbed, images));
  EXPECT_EQ(tune(real, disturbed, images, kImages, options(3)), tune(real, disturbed, images, kImages, options(3)));
}

TEST(TrainTernary, BothWaysAreCloserThanRoundingAlone) {
  Random random(2);
  const Graph real = network(random);
  const std::vector<float> images = random_images(random);
  for (const auto& [method, scale] :
       {std::pair(TernaryTraining::ease_in, TernaryScale::absmean), {TernaryTraining::cluster, TernaryScale::fitted}}) {
    const TernaryOptions ternary{.per_channel = true, .scale = scale};
    const double alone = distance(real, quantize_ternary(real, ternary), images);
    const Graph trained = train_ternary(real, images, kImages, {method, ternary, options(200)});
    EXPECT_LT(distance(real, quantize_ternary(trained, ternary), images), 0.5 * alone)
        << name_in(kTernaryTrainingNames, method);
  }
}

// What the cluster's term is for: weights end near what they are rounded to.
TEST(TrainTernary, TheClusterPullsWeightsToTheirTargets) {
  Random random(3);
  const Graph real = network(random);
  const std::vector<float> images = random_images(random);
  const TernaryOptions ternary{.per_channel = true, .scale = TernaryScale::fitted};
  const auto spread = [&](const Graph& graph) {
    const Layer& layer = graph.node(*graph.find("b")).layer;
    const Tensor& w = *weight_of(layer);
    const Tensor q = effective(w, ternary_quantization(w, ternary));
    double error = 0, power = 0;
    for (size_t i = 0; i < w.values.size(); ++i) {
      error += std::pow(static_cast<double>(w.values[i]) - q.values[i], 2);
      power += std::pow(static_cast<double>(w.values[i]), 2);
    }
    return error / power;
  };
  const Graph trained = train_ternary(real, images, kImages, {TernaryTraining::cluster, ternary, options(200)});
  EXPECT_LT(spread(trained), 0.5 * spread(real));
}

TEST(PruneChannels, AChannelThatBringsNothingGoesFirst) {
  Random random(4);
  Graph real = network(random);
  Layer layer = real.node(*real.find("b")).layer;
  Tensor& weight = *weight_of(layer);
  for (int64_t o = 0; o < 8; ++o)
    for (int64_t tap = 0; tap < 9; ++tap) weight.values[static_cast<size_t>((o * 8 + 5) * 9 + tap)] = 0;
  real.replace(*real.find("b"), layer);
  const std::vector<float> images = random_images(random);
  const auto chains = find_channel_chains(real);
  ASSERT_EQ(chains.size(), 2U);
  const std::vector<double> scores = channel_scores(real, chains[0], images, kImages);
  ASSERT_EQ(scores.size(), 8U);
  double sum = 0;
  for (const double s : scores) sum += s;
  EXPECT_NEAR(sum, 3, 1e-4);
  EXPECT_EQ(std::min_element(scores.begin(), scores.end()) - scores.begin(), 5);
}

TEST(PruneChannels, TheNetworkGetsSmallerAndStaysClose) {
  Random random(5);
  const Graph real = network(random);
  const std::vector<float> images = random_images(random);
  const PruningOptions pruning{.share = 0.25, .layer = options(20), .all = options(60)};
  const PruningResult result = prune_channels(real, images, kImages, pruning);
  ASSERT_EQ(result.chains.size(), 2U);
  for (const PrunedChain& chain : result.chains) EXPECT_EQ(chain.after, 6);
  EXPECT_EQ(weight_of(result.graph.node(*result.graph.find("b")).layer)->shape, (Shape{6, 6, 3, 3}));
  EXPECT_LT(total_cost(result.graph).macs, total_cost(real).macs);
  Graph untuned = real;
  for (size_t i = 0; i < 2; ++i) {
    const std::vector<int64_t> first = {0, 1, 2, 3, 4, 5};
    untuned = keep_channels(untuned, find_channel_chains(untuned)[i], first);
  }
  EXPECT_LT(distance(real, result.graph, images), distance(real, untuned, images));
  EXPECT_THROW(prune_channels(real, images, kImages, {.share = 1}), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
