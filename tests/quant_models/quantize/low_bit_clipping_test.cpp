// Low-bit quantization with clipping for analog arrays, and how many bits each module of a network needs.
#include "quant_models/quantize/low_bit_clipping.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "quant_models/execute/examples.hpp"
#include "quant_models/graph/shared_weights.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/models/fusion_detector.hpp"
#include "quant_models/quantize/module_bits.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::random_tensor;

constexpr int64_t kExamples = 6;

Graph detector() {
  FusionDetectorOptions o;
  o.fusion = Fusion::light;
  o.rows = o.columns = 32;
  o.width = 2;
  o.blocks = {1, 1, 1, 1};
  o.pyramid_channels = 4;
  o.head_depth = 1;
  o.reduction = 4;
  return simplify(make_fusion_detector(o));
}

std::vector<float> examples(const Graph& graph) {
  test::Random random(3);
  return random_tensor({kExamples, static_cast<int64_t>(example_size(graph))}, random, 0, 1).values;
}

TEST(LowBitClipping, EveryArrayHasOneSymmetricRangeForItsWeightsAndOneForItsColumns) {
  const Graph graph = detector();
  const std::vector<float> shown = examples(graph);
  LowBitClippingOptions options;
  options.module_weight_bits = {{"heads", 3}};
  options.converter_bits = 5;
  const Graph q = quantize_low_bit(graph, shown, kExamples, options);
  size_t layers = 0;
  for (const NodeId id : q.order()) {
    const Node& node = q.node(id);
    const auto* weights = weight_quantization_of(node.layer);
    if (weights == nullptr) continue;
    ++layers;
    ASSERT_TRUE(weights->has_value()) << node.name;
    EXPECT_EQ((*weights)->bits, module_of(node.name) == "heads" ? 3 : 4) << node.name;
    EXPECT_EQ((*weights)->scale.size(), 1U);
    EXPECT_EQ((*weights)->lowest(), -(*weights)->highest());
    ASSERT_TRUE(node.quantization.has_value()) << node.name;
    EXPECT_EQ(node.quantization->bits, 5);
    EXPECT_EQ(node.quantization->zero_point, std::vector<int32_t>{0});
    EXPECT_EQ(node.quantization, q.node(weight_owner(q, id)).quantization) << node.name;
  }
  EXPECT_GT(layers, 20U);
  EXPECT_EQ(quantize_low_bit(graph, shown, kExamples, options), q);
}

TEST(LowBitClipping, WhatDrivesRowsHasFewLevels) {
  const Graph graph = detector();
  const std::vector<float> shown = examples(graph);
  LowBitClippingOptions options;
  options.activation_bits = 3;
  const Graph q = quantize_low_bit(graph, shown, kExamples, options);
  run_all(q, shown, kExamples, 1, [&](NodeId id, std::span<const float> value) {
    if (!std::holds_alternative<Activation>(q.node(id).layer)) return;
    EXPECT_LE(std::set<float>(value.begin(), value.end()).size(), 8U) << q.node(id).name;
  });
}

/// Power of the outputs' error over the outputs' own.
NetworkLoss output_error(const Graph& real, const std::vector<float>& shown) {
  const std::vector<float> wanted = run_all(real, shown, kExamples);
  return [wanted, shown](const Graph& network) {
    const std::vector<float> got = run_all(network, shown, kExamples);
    double error = 0, power = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      error += std::pow(got[i] - wanted[i], 2);
      power += std::pow(wanted[i], 2);
    }
    return error / power;
  };
}

TEST(ModuleBits, AreTheCheapestWhoseLossesStayWithinTheBudget) {
  const Graph graph = detector();
  const NetworkLoss loss = output_error(graph, examples(graph));
  ModuleBitsOptions options;
  options.bits = {2, 4, 8};
  options.budget = 0.05;
  const ModuleBits found = choose_module_bits(graph, options, loss);
  ASSERT_EQ(found.modules.size(), 5U);  // rgb, events, fusion, pyramid, heads
  EXPECT_EQ(found.real_loss, 0);
  int64_t weights = 0;
  double predicted = 0, memory = 0;
  for (const ModuleSensitivity& module : found.modules) {
    weights += module.weights;
    EXPECT_GT(module.losses[0], module.losses[2]) << module.module;
    const auto at = std::find(found.bits.begin(), found.bits.end(), found.chosen.at(module.module));
    predicted += module.losses[static_cast<size_t>(at - found.bits.begin())];
    memory += static_cast<double>(module.weights) * *at;
    // A row is what the module alone costs.
    EXPECT_DOUBLE_EQ(module.losses[0], loss(quantize_modules(graph, {{module.module, 2}}, options.weights)));
    // No other choice for one module is cheaper and fits.
    const double others = found.predicted - module.losses[static_cast<size_t>(at - found.bits.begin())];
    for (size_t i = 0; found.bits[i] < *at; ++i) EXPECT_GT(others + module.losses[i], options.budget);
  }
  EXPECT_EQ(weights, distinct_weights(graph));
  EXPECT_DOUBLE_EQ(found.predicted, predicted);
  EXPECT_LE(found.predicted, options.budget);
  EXPECT_DOUBLE_EQ(found.bits_per_weight, memory / static_cast<double>(weights));
  options.budget = 0;
  const ModuleBits none = choose_module_bits(graph, options, loss);
  for (const auto& [module, bits] : none.chosen) EXPECT_EQ(bits, 8) << module;
}

TEST(ModuleBits, RefusesBitsThatAreNone) {
  const Graph graph = detector();
  for (const std::vector<int>& bits : {std::vector<int>{}, {4, 4}, {8, 4}, {1, 2}, {8, 9}}) {
    ModuleBitsOptions options;
    options.bits = bits;
    EXPECT_THROW(choose_module_bits(graph, options, [](const Graph&) { return 0.0; }), std::invalid_argument);
  }
}

}  // namespace
}  // namespace flashcell::quant
