// From a network to a search space, a front and bits of each layer.
#include "quant_models/search/mixed_precision.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/search/front_chart.hpp"
#include "quant_models/search/published_front.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::Random;
using test::random_graph;
using test::random_tensor;
using testing::HasSubstr;

constexpr int64_t kImages = 6;

template <class Call>
std::string complaint(Call call) {
  try {
    call();
  } catch (const ModelError& e) {
    return e.what();
  }
  return "";
}

std::vector<float> random_images(const Graph& graph, Random& random) {
  Shape shape = graph.node(graph.inputs()[0]).shape;
  shape[0] = kImages;
  return random_tensor(shape, random).values;
}

// x -> a -> relu -> b, c -> sum of both -> mean -> scores: b and c read the same value, scores a mean.
Graph branched(Random& random) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 2, 6, 6}});
  const auto convolution = [&](const char* name, NodeId from, int64_t out, int64_t in) {
    return graph.add(name, Convolution{random_tensor({out, in, 1, 1}, random), random_tensor({out}, random)}, {from});
  };
  const NodeId relu = graph.add("relu", Activation{}, {convolution("a", x, 3, 2)});
  const NodeId sum = graph.add("sum", Add{}, {convolution("b", relu, 4, 3), convolution("c", relu, 4, 3)});
  const NodeId flat = graph.add("flat", Reshape{{0, -1}}, {graph.add("mean", GlobalPool{}, {sum})});
  graph.add_output("y", graph.add("scores", FullyConnected{random_tensor({5, 4}, random), {}}, {flat}));
  return graph;
}

TEST(SearchSpace, LayersThatReadOneValueAreDecidedTogether) {
  Random random(1);
  const Graph real = branched(random);
  const std::vector<float> images = random_images(real, random);
  PostTrainingOptions options;
  options.activations.bits = 4;
  options.sum_bits = 8;
  const Graph quantized = quantize_post_training(real, images, kImages, options);
  const std::vector<SearchGroup> groups = find_search_groups(quantized, activation_values(real, options));
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(real.node(groups[0].value).name, "x");
  EXPECT_FALSE(groups[0].chosen);
  EXPECT_EQ(groups[0].value_bits, 8);
  EXPECT_EQ(real.node(groups[1].value).name, "relu");
  EXPECT_TRUE(groups[1].chosen);
  ASSERT_EQ(groups[1].layers.size(), 2U);
  EXPECT_EQ(groups[1].layers[0].weights, 12);
  EXPECT_EQ(groups[1].layers[0].macs, 12 * 36);
  EXPECT_EQ(real.node(groups[2].value).name, "mean") << "through the reshape";
  EXPECT_FALSE(groups[2].chosen);
  const auto decisions = make_decisions(real, groups, {{2, 8}, {4, 8}, false}, {});
  EXPECT_THAT(decisions[1].members, testing::ElementsAre("relu", "b", "c"));
  const SearchCosts costs = uniform_costs(groups, 8, 4, {});
  EXPECT_EQ(costs.weight_bits, (6 + 12 + 12 + 20) * 8);
  EXPECT_EQ(costs.bit_operations, 36 * (6 * 8 * 8 + 24 * 8 * 4) + 20 * 8 * 8);
}

// Whatever a layer's choice is, the quantized network has it.
TEST(MixedPrecision, TheNetworkGetsTheBitsThatWereChosen) {
  Random random(2);
  int mixed = 0;
  for (int round = 0; round < 6; ++round) {
    const Graph real = prepare_for_plan(random_graph(random));
    const std::vector<float> images = random_images(real, random);
    PostTrainingOptions options;
    options.sum_bits = 8;
    MixedPrecisionOptions search;
    MixedPrecision found{{}, {}, {{}, {}}, {}, {}, {}, {}, 0};
    const PlanResult result =
        run_plan({mixed_precision_pass(options, search, [&](MixedPrecision m) { found = std::move(m); })}, real,
                 {images, kImages});
    std::set<int> seen;
    for (const auto& [name, bits] : found.node_bits) {
      const Node& node = result.quantized.node(*result.quantized.find(name));
      if (bits.value > 0) {
        EXPECT_EQ(node.quantization->bits, bits.value) << name;
      }
      if (bits.weights > 0) {
        EXPECT_EQ((*weight_quantization_of(node.layer))->bits, bits.weights) << name;
        seen.insert(bits.weights);
      }
    }
    mixed += seen.size() > 1;
    EXPECT_EQ(costs_of(found.decisions, found.chosen), found.costs);
    // Nothing of the front is beaten by a setting with the same bits everywhere.
    for (const UniformSetting& u : found.uniform)
      for (size_t i = 0; i < found.front.size(); ++i) {
        const SearchCosts& c = found.front.costs(i);
        EXPECT_FALSE(u.costs.perturbation < c.perturbation * (1 - 1e-12) && u.costs.weight_bits <= c.weight_bits &&
                     u.costs.bit_operations <= c.bit_operations);
      }
    const MixedPrecision again = search_bits(real, {images, kImages}, options, search);
    EXPECT_EQ(again.node_bits, found.node_bits);
  }
  EXPECT_GT(mixed, 0);
}

// Without a budget: bits that the outputs do not bear are not taken, however few they are.
TEST(MixedPrecision, WithoutABudgetTheNoiseIsBounded) {
  Random random(5);
  int raised = 0;
  for (int round = 0; round < 4; ++round) {
    const Graph real = prepare_for_plan(random_graph(random));
    const std::vector<float> images = random_images(real, random);
    PostTrainingOptions options;
    options.sum_bits = 8;
    MixedPrecisionOptions search;
    const auto noise_with = [&](double most) {
      search.most_noise = most;
      const MixedPrecision found = search_bits(real, {images, kImages}, options, search);
      PostTrainingOptions mixed = options;
      mixed.node_bits = found.node_bits;
      const auto statistics = collect_statistics(real, images, kImages);
      const OutputNoise noise({real, images, kImages, statistics, options});
      return std::pair(noise(remove_output_tail(quantize_post_training(real, images, kImages, mixed))),
                       found.costs.weight_bits);
    };
    const auto free = noise_with(1e9), bounded = noise_with(0.02);
    if (free.first <= 0.02) {
      EXPECT_EQ(bounded, free) << "what is quiet enough stays";
    } else {
      EXPECT_LT(bounded.first, free.first) << round;
      ++raised;
    }
  }
  EXPECT_GT(raised, 0);
}

TEST(MixedPrecision, KeepsItsBudgetOrSaysWhatIsPossible) {
  Random random(3);
  const Graph real = prepare_for_plan(branched(random));
  const std::vector<float> images = random_images(real, random);
  PostTrainingOptions options;
  options.sum_bits = 8;
  MixedPrecisionOptions search;
  search.limits = {{SearchAxis::weight_bits, 250}, {SearchAxis::bit_operations, 40000}};
  const MixedPrecision found = search_bits(real, {images, kImages}, options, search);
  EXPECT_LE(found.costs.weight_bits, 250);
  EXPECT_LE(found.costs.bit_operations, 40000);
  for (size_t i = 0; i < found.front.size(); ++i) {
    const SearchCosts& c = found.front.costs(i);
    EXPECT_TRUE(c.weight_bits > 250 || c.bit_operations > 40000 || c.perturbation >= found.costs.perturbation);
  }
  search.limits = {{SearchAxis::weight_bits, 99}};
  EXPECT_THAT(complaint([&] {
                search_bits(real, {images, kImages}, options, search);
              }),
              HasSubstr("weights of at most 1.18e-05 MB, the least possible is 1.192e-05 MB"));
}

TEST(MixedPrecision, TimeIsAFourthAxisAndItsRestIsBounded) {
  Random random(4);
  const Graph real = prepare_for_plan(branched(random));
  const std::vector<float> images = random_images(real, random);
  PostTrainingOptions options;
  options.sum_bits = 8;
  MixedPrecisionOptions search;
  search.times = [](const Graph& graph, const BitChoices& choices) {
    LayerTimes times;
    times.rest = 1000;
    for (const NodeId id : graph.order())
      if (weight_of(graph.node(id).layer) != nullptr)
        for (const int w : choices.weights)
          for (const int a : choices.values) times.layers[id][{w, a}] = 10 * w + a;
    return times;
  };
  search.limits = {{SearchAxis::time, 1000 + 4 * 50}};
  const MixedPrecision found = search_bits(real, {images, kImages}, options, search);
  EXPECT_GT(found.costs.time, 0);
  EXPECT_LE(found.costs.time, 200);
  EXPECT_EQ(found.other_time, 1000);
  search.limits[0].most = 1000 + 4 * 20;
  EXPECT_THAT(complaint([&] {
                search_bits(real, {images, kImages}, options, search);
              }),
              HasSubstr("time of at most 80, the least possible is 104"));
}

TEST(Perturbation, RoundingErrorsByHand) {
  Graph real;
  const NodeId x = real.add("x", Input{{1, 2}});
  const NodeId a = real.add("a", FullyConnected{{{2, 2}, {1, 0.3F, 0, 1}}, {}}, {x});
  const NodeId relu = real.add("relu", Activation{}, {a});
  real.add_output("y", real.add("b", FullyConnected{{{1, 2}, {1, 1}}, {}}, {relu}));
  const std::vector<float> images = {1, 0, /**/ 0.25F, 0};
  PostTrainingOptions options;
  const auto statistics = collect_statistics(real, images, 2);
  const Graph quantized = quantize_values(quantize_weights(real, options), statistics, options);
  const auto groups = find_search_groups(quantized, activation_values(real, options));
  const BitChoices choices{{2}, {2}, false};
  const PerturbationTable table = rounding_errors({real, images, 2, statistics, options}, groups, choices);
  // Scale 1 for {1, 0.3} in 2 narrow bits: 0.3 becomes 0.
  EXPECT_NEAR(table.weights.at(a).at(2), 0.09, 1e-6);
  // Scale 1/3 for values up to 1: 0.25 becomes 1/3; of two images the mean.
  EXPECT_NEAR(table.values.at(relu).at(2), (1.0 / 3 - 0.25) * (1.0 / 3 - 0.25) / 2, 1e-6);
  const PerturbationTable twice = weighted(real, table, {{{"a", 2}, {"b", 1}}, {{"relu", 3}}});
  EXPECT_DOUBLE_EQ(twice.weights.at(a).at(2), 2 * table.weights.at(a).at(2));
  EXPECT_DOUBLE_EQ(twice.values.at(relu).at(2), 3 * table.values.at(relu).at(2));
  EXPECT_THAT(complaint([&] { weighted(real, table, {{{"b", 1}}, {{"relu", 3}}}); }), HasSubstr("node 'a'"));
}

TEST(Perturbation, OutputNoiseIsThatOfOneChoiceAlone) {
  Random random(5);
  const Graph real = prepare_for_plan(branched(random));
  const std::vector<float> images = random_images(real, random);
  PostTrainingOptions options;
  const auto statistics = collect_statistics(real, images, kImages);
  const Graph quantized = quantize_values(quantize_weights(real, options), statistics, options);
  const auto groups = find_search_groups(quantized, activation_values(real, options));
  const PerturbationTable table =
      output_noise({real, images, kImages, statistics, options}, groups, {{2, 4, 8}, {4, 8}, false});
  const std::vector<float> expected = run_all(real, images, kImages);
  for (const auto& [node, by_bits] : table.weights)
    for (const auto& [bits, noise] : by_bits) {
      Graph changed = real;
      Layer layer = real.node(node).layer;
      WeightOptions own = options.weights;
      own.bits = bits;
      *weight_of(layer) = effective(*weight_of(layer), calibrate_weights(*weight_of(layer), own));
      changed.replace(node, layer);
      const std::vector<float> now = run_all(changed, images, kImages);
      double error = 0, power = 0;
      for (size_t i = 0; i < now.size(); ++i) {
        error += std::pow(static_cast<double>(now[i]) - expected[i], 2);
        power += std::pow(static_cast<double>(expected[i]), 2);
      }
      EXPECT_NEAR(noise, error / power, 1e-6 * error / power);
    }
  for (const auto& [node, by_bits] : table.values) EXPECT_LT(by_bits.at(8), by_bits.at(4));
}

TEST(BitChoices, AreReadOrRefused) {
  const BitChoices choices = parse_bit_choices("w:8,3;a:4");
  EXPECT_EQ(choices.weights, (std::vector<int>{3, 8}));
  EXPECT_EQ(choices.values, std::vector<int>{4});
  EXPECT_EQ(parse_bit_choices("a:2").weights, (std::vector<int>{2, 4, 8}));
  for (const char* wrong : {"", "w", "w:", "w:2,,4", "w:1", "w:17", "w:4x", "w:4,4", "b:4", "w:2;w:4", "w:2,4;a:"})
    EXPECT_THAT(complaint([&] { parse_bit_choices(wrong); }), HasSubstr("write them as w:2,4,8;a:4,8")) << wrong;
}

// HTQ's public code, by hand: fewer than 20 points are compared with the first one.
TEST(PublishedFront, KeepsWhatItsRuleKeeps) {
  const std::vector<Decision> decisions = {{{}, {{{5, 1, 9}, {}}, {{6, 2, 8}, {}}, {{4, 3, 7}, {}}, {{7, 4, 1}, {}}}}};
  const ParetoFront front = published_front(decisions);
  // By memory: the first, and of the others what perturbs no more: 4. By operations: the last one is first: all.
  EXPECT_EQ(front.size(), 4U);
  const std::vector<Decision> others = {{{}, {{{5, 1, 1}, {}}, {{6, 2, 8}, {}}, {{4, 3, 7}, {}}}}};
  EXPECT_EQ(published_front(others).size(), 2U);
  EXPECT_THAT(complaint([&] { published_front(decisions, {.most_points = 3}); }), HasSubstr("more than 3 points"));
}

TEST(FrontChart, DrawsPointsSettingsAndTheChoice) {
  Random random(6);
  const Graph real = prepare_for_plan(branched(random));
  const std::vector<float> images = random_images(real, random);
  PostTrainingOptions options;
  options.sum_bits = 8;
  const MixedPrecision found = search_bits(real, {images, kImages}, options, {});
  const std::string svg = draw_front("a < b", found);
  EXPECT_THAT(svg, testing::AllOf(testing::StartsWith("<svg"), HasSubstr("a &lt; b"), HasSubstr("4/8"),
                                  testing::EndsWith("</svg>\n")));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

}  // namespace
}  // namespace flashcell::quant
