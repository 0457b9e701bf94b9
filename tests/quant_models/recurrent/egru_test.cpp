#include "quant_models/recurrent/egru.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "quant_models/data/numpy_file.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"
#include "tests/quant_models/recurrent/reference_vectors.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using ::testing::HasSubstr;

TEST(Egru, ForwardIsThePublishedCodes) {
  for (const char* name : test::kEgruVectors) {
    FLASHCELL_NEEDS_FILE(test::egru_vectors(name));
    const test::EgruVectors v(name);
    for (size_t n = 0; n < v.batch; ++n) {
      LayerState<double> state(v.layer);
      for (size_t t = 0; t < v.steps; ++t) {
        const std::span<const double> in = v.at("x", t, n);
        step(v.layer, in, state);
        EXPECT_LT(test::largest_difference(state.output, v.at("y", t, n)), 1e-12);
        EXPECT_LT(test::largest_difference(state.memory, v.at("h", t, n)), 1e-12);
        EXPECT_LT(test::largest_difference(state.trace, v.at("trace", t, n)), 1e-12);
      }
    }
  }
}

TEST(Egru, Float32StaysCloseToFloat64) {
  for (const Cell cell : {Cell::egru, Cell::gru, Cell::lstm}) {
    const auto exact = test::random_layer<double>(cell, 12, 40, 3);
    RecurrentLayer<float> layer;
    layer.cell = cell;
    layer.inputs = 12, layer.hidden = 40;
    const auto rounded = [](const std::vector<double>& v) { return std::vector<float>(v.begin(), v.end()); };
    layer.input_weights = rounded(exact.input_weights);
    layer.recurrent_weights = rounded(exact.recurrent_weights);
    layer.input_biases = rounded(exact.input_biases);
    layer.recurrent_biases = rounded(exact.recurrent_biases);
    layer.thresholds = rounded(exact.thresholds);
    LayerState<double> s(exact);
    LayerState<float> f(layer);
    Random random(4, {});
    for (int t = 0; t < 5; ++t) {
      const auto in = test::random_numbers<double>(random, 12, 1);
      step<double>(exact, in, s);
      step<float>(layer, rounded(in), f);
      EXPECT_LT(test::largest_difference(std::vector<double>(f.output.begin(), f.output.end()), s.output), 2e-5);
    }
  }
}

TEST(Egru, SparseRowsGiveTheBytesOfTheDenseMatrix) {
  Random random(5, {});
  for (const double zeros : {0.0, 0.5, 0.95, 1.0}) {
    const auto weights = test::random_numbers<float>(random, size_t{60} * 33, 1, zeros);
    auto biases = test::random_numbers<float>(random, 60, 1, 0.5);
    for (float& bias : biases)
      if (bias == 0) bias = -0.0F;
    auto in = test::random_numbers<float>(random, 33, 1, 0.7);
    in[3] = -0.0F;
    std::vector<float> dense(60), sparse(60);
    multiply_rows<float>(weights, biases, in, dense);
    multiply_rows<float>(sparse_rows(weights, 33), biases, in, sparse);
    EXPECT_EQ(std::memcmp(dense.data(), sparse.data(), 60 * sizeof(float)), 0);
  }
}

// Krueger et al.: evaluation takes the mean. The state must move on, and towards the one without zoneout.
TEST(Egru, ZoneoutInEvaluationIsTheMeanAndFreezesNothing) {
  auto layer = test::random_layer<double>(Cell::egru, 3, 7, 6);
  layer.thresholds.assign(7, 10.0);  // nothing speaks: memory is c
  LayerState<double> plain(layer), half(layer);
  const std::vector<double> in = {0.5, -1, 2};
  step<double>(layer, in, plain);
  layer.zoneout = 0.5;
  step<double>(layer, in, half);
  for (size_t u = 0; u < 7; ++u) EXPECT_NEAR(half.memory[u], 0.5 * plain.memory[u], 1e-15);
}

TEST(Egru, OnlyWhatIsAboveItsThresholdSpeaks) {
  double memory = 0.5, output = -1;
  const double large = 100;  // z = 1: c stays the memory
  egru_unit<double>({large, 0, 0, 0, 0, 0}, 0.5, 0, memory, output);
  EXPECT_EQ(output, 0);
  EXPECT_EQ(memory, 0.5);
  egru_unit<double>({large, 0, 0, 0, 0, 0}, 0.375, 0, memory, output);
  EXPECT_EQ(output, 0.5);
  EXPECT_EQ(memory, 0.125);
}

TEST(Egru, FaultsOfNetworksAreNamed) {
  const RecurrentNetwork good = test::random_network(Cell::egru, {4, 6, 4}, 9, 7);
  EXPECT_EQ(fault_of(good), "");
  RecurrentNetwork bad = good;
  bad.layers[1].thresholds[2] = std::nanf("");
  EXPECT_EQ(fault_of(bad), "layer 1 has a threshold that is no finite number");
  bad = good;
  bad.names.clear();
  EXPECT_EQ(fault_of(bad), "has an empty vocabulary");
  bad = good;
  bad.layers.pop_back();
  EXPECT_THAT(fault_of(bad), HasSubstr("decoder"));
  bad = good;
  bad.layers[0].input_weights[3] = INFINITY;
  EXPECT_THAT(fault_of(bad), HasSubstr("layer 0 has a weight"));
  bad = good;
  bad.layers[1].inputs = 5;
  EXPECT_THAT(fault_of(bad), HasSubstr("layer 1"));
}

}  // namespace
}  // namespace flashcell::quant
