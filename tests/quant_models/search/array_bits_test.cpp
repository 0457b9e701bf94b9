#include "quant_models/search/array_bits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quant_models/cim/range_calibration.hpp"
#include "quant_models/model_error.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

/// A convolution, one beside it whose results are weighed with next to nothing, and a classifier of both.
struct Network {
  Network() {
    test::Random random(7);
    const NodeId in = graph.add("input", Input{{1, 2, 6, 6}});
    const auto branch = [&](const char* name, float share) {
      Convolution layer{test::random_tensor({6, 2, 3, 3}, random), {}, {1, 1}, {1, 1, 1, 1}};
      for (float& w : layer.weight.values) w *= share;
      return graph.add(std::string(name) + "/relu", Activation{}, {graph.add(name, layer, {in})});
    };
    const NodeId sum = graph.add("sum", Add{}, {branch("strong", 1), branch("weak", 1e-4F)});
    const NodeId flat = graph.add("flat", Reshape{{0, -1}}, {graph.add("pool", GlobalPool{}, {sum})});
    graph.add_output("y", graph.add("c", FullyConnected{test::random_tensor({4, 6}, random), {}}, {flat}));
    images = test::random_tensor({kImages, 2, 6, 6}, random).values;
  }

  RangeSource ranges() const {
    return [this](const cim::ArrayDevice& device) { return cim::calibrate(graph, device, images, kImages); };
  }
  cim::ChosenArrayBits choose(const ArrayBitsOptions& options, const std::string& device = "ideal_8bit") const {
    return choose_array_bits(graph, cim::device_of(device), ranges(), images, kImages, options);
  }

  static constexpr int64_t kImages = 60;
  Graph graph;
  std::vector<float> images;
};

const cim::LayerSensitivity& row(const cim::ChosenArrayBits& chosen, const std::string& name) {
  return *std::find_if(chosen.layers.begin(), chosen.layers.end(),
                       [&](const cim::LayerSensitivity& layer) { return layer.name == name; });
}

TEST(ArrayBits, WhatDoesNotMatterHasTheFewestBits) {
  const Network n;
  const cim::ChosenArrayBits chosen = n.choose({.most_loss = 2});
  EXPECT_EQ(row(chosen, "weak").weight.chosen, 2);
  EXPECT_GT(row(chosen, "strong").weight.chosen, 2);
  EXPECT_GT(row(chosen, "strong").weight.noise.at(0), 100 * row(chosen, "weak").weight.noise.at(0));
  EXPECT_LT(chosen.cost().weight_bits, chosen.cost_before().weight_bits);
  EXPECT_EQ(chosen.cost().microjoules, chosen.cost_before().microjoules) << "converters had no choice";
  EXPECT_TRUE(row(chosen, "weak").converter.noise.empty());
  EXPECT_GE(chosen.kept, chosen.kept_before - 2);
  EXPECT_EQ(chosen.device.faults.bit_inversion, 0.001);
  EXPECT_EQ(chosen.device.of_layer("weak").array.weight_bits, 2);
  // More is borne where more may be lost, and nothing is given up where nothing may.
  EXPECT_LE(n.choose({.most_loss = 20}).cost().weight_bits, chosen.cost().weight_bits);
  const cim::ChosenArrayBits strict = n.choose({.most_loss = 0});
  EXPECT_GE(strict.kept, strict.kept_before);
  EXPECT_GE(strict.cost().weight_bits, chosen.cost().weight_bits);
}

TEST(ArrayBits, ConvertersThatDoNotMatterHaveTheFewestBits) {
  const Network n;
  const cim::ChosenArrayBits chosen = n.choose({.of = cim::BitsOf::converters, .most_loss = 0});
  EXPECT_EQ(row(chosen, "weak").converter.chosen, 2);
  EXPECT_GT(row(chosen, "strong").converter.chosen, 2);
  EXPECT_GT(row(chosen, "strong").converter.noise.at(0), 100 * row(chosen, "weak").converter.noise.at(0));
  EXPECT_LT(chosen.cost().microjoules, chosen.cost_before().microjoules);
  EXPECT_LT(chosen.cost().square_millimetres, chosen.cost_before().square_millimetres);
  EXPECT_EQ(chosen.cost().weight_bits, chosen.cost_before().weight_bits);
  EXPECT_GE(chosen.kept, chosen.kept_before);
  EXPECT_EQ(chosen.device.output.range, cim::RangeRule::least_error);
  // Fewer bits of the same converters are never nearer to what they were.
  for (const cim::LayerSensitivity& layer : chosen.layers)
    EXPECT_GE(layer.converter.noise.at(0), layer.converter.noise.at(4)) << layer.name;
  // The device says what the report says.
  for (const cim::ConverterUse& use : cim::converter_uses(n.graph, chosen.device, n.ranges()(chosen.device)))
    EXPECT_EQ(use.bits, row(chosen, use.name).converter.chosen);
  EXPECT_EQ(n.choose({.of = cim::BitsOf::converters}, "ideal_8bit,output.range=full").device.output.range,
            cim::RangeRule::full)
      << "who states a range means it";
}

TEST(ArrayBits, BothAtOnce) {
  const Network n;
  const cim::ChosenArrayBits both = n.choose({.of = cim::BitsOf::both, .most_loss = 5});
  EXPECT_LT(both.cost().weight_bits, both.cost_before().weight_bits);
  EXPECT_LT(both.cost().microjoules, both.cost_before().microjoules);
  EXPECT_EQ(both.device.of_layer("weak").array.weight_bits, row(both, "weak").weight.chosen);
  EXPECT_EQ(both.device.of_layer("weak").output.bits, row(both, "weak").converter.chosen);
  EXPECT_GE(both.kept, both.kept_before - 5);
}

// A device for which weights were chosen keeps them when its converters are.
TEST(ArrayBits, OneAfterTheOther) {
  const Network n;
  const cim::ChosenArrayBits first = n.choose({.most_loss = 2});
  const auto then = [&](cim::BitsOf of) {
    return choose_array_bits(n.graph, first.device, n.ranges(), n.images, Network::kImages, {.of = of});
  };
  const cim::ChosenArrayBits second = then(cim::BitsOf::converters);
  EXPECT_EQ(second.cost().weight_bits, first.cost().weight_bits);
  EXPECT_EQ(row(second, "weak").weight.own, 2);
  EXPECT_EQ(second.device.of_layer("weak").array.weight_bits, 2);
  EXPECT_EQ(second.device.bits_of("weak")->weight_limit, first.device.bits_of("weak")->weight_limit);
  EXPECT_EQ(row(then(cim::BitsOf::weights), "weak").weight.own, 8) << "chosen anew";
}

TEST(ArrayBits, TheSameForAnyNumberOfThreads) {
  const Network n;
  const cim::ChosenArrayBits one = n.choose({.of = cim::BitsOf::both, .bits = {2, 4}, .run = {8, 1}}),
                             three = n.choose({.of = cim::BitsOf::both, .bits = {2, 4}, .run = {4, 3}});
  EXPECT_EQ(one.device.layers, three.device.layers);
  EXPECT_EQ(one.kept, three.kept);
  for (size_t i = 0; i < one.layers.size(); ++i) {
    EXPECT_EQ(one.layers[i].weight.noise, three.layers[i].weight.noise);
    EXPECT_EQ(one.layers[i].converter.noise, three.layers[i].converter.noise);
  }
}

TEST(ArrayBits, ADeviceOfTheFewestBitsLeavesNoChoice) {
  const Network n;
  EXPECT_THROW(n.choose({}, "ideal_8bit,array.weight_bits=2,array.cell_bits=1"), ModelError);
  const ArrayBitsOptions converters{.of = cim::BitsOf::converters};
  EXPECT_THROW(n.choose(converters, "ideal_8bit,output.bits=2"), ModelError);
  EXPECT_THROW(n.choose(converters, "ideal_8bit,output.bits=0"), ModelError);
}

}  // namespace
}  // namespace flashcell::quant
