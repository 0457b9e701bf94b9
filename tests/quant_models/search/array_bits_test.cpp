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
    return [this](const cim::Device& device) { return cim::calibrate(graph, device, images, kImages); };
  }
  cim::ChosenBits choose(const ArrayBitsOptions& options, const std::string& device = "ideal_8bit") const {
    return choose_array_bits(graph, cim::device_of(device), ranges(), images, kImages, options);
  }

  static constexpr int64_t kImages = 60;
  Graph graph;
  std::vector<float> images;
};

const cim::LayerSensitivity& row(const cim::ChosenBits& chosen, const std::string& name) {
  return *std::find_if(chosen.layers.begin(), chosen.layers.end(),
                       [&](const cim::LayerSensitivity& layer) { return layer.name == name; });
}

TEST(ArrayBits, WhatDoesNotMatterHasTheFewestBits) {
  const Network n;
  const cim::ChosenBits chosen = n.choose({.most_loss = 2});
  EXPECT_EQ(row(chosen, "weak").chosen, 2);
  EXPECT_GT(row(chosen, "strong").chosen, 2);
  EXPECT_GT(row(chosen, "strong").noise.at(0), 100 * row(chosen, "weak").noise.at(0));
  EXPECT_LT(chosen.memory(), chosen.memory_before());
  EXPECT_GE(chosen.kept, chosen.kept_before - 2);
  EXPECT_EQ(chosen.device.faults.bit_inversion, 0.001);
  EXPECT_EQ(chosen.device.of_layer("weak").array.weight_bits, 2);
  // More is borne where more may be lost, and nothing is given up where nothing may.
  EXPECT_LE(n.choose({.most_loss = 20}).memory(), chosen.memory());
  const cim::ChosenBits strict = n.choose({.most_loss = 0});
  EXPECT_GE(strict.kept, strict.kept_before);
  EXPECT_GE(strict.memory(), chosen.memory());
}

TEST(ArrayBits, TheSameForAnyNumberOfThreads) {
  const Network n;
  const cim::ChosenBits one = n.choose({.bits = {2, 4}, .run = {8, 1}}),
                        three = n.choose({.bits = {2, 4}, .run = {4, 3}});
  EXPECT_EQ(one.device.layers, three.device.layers);
  EXPECT_EQ(one.kept, three.kept);
  for (size_t i = 0; i < one.layers.size(); ++i) EXPECT_EQ(one.layers[i].noise, three.layers[i].noise);
}

TEST(ArrayBits, ADeviceOfTheFewestBitsLeavesNoChoice) {
  const Network n;
  EXPECT_THROW(n.choose({}, "ideal_8bit,array.weight_bits=2,array.cell_bits=1"), ModelError);
}

}  // namespace
}  // namespace flashcell::quant
