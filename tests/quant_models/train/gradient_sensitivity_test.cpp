// What gradients say of layers, against closed forms.
#include "quant_models/train/gradient_sensitivity.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::Random;
using test::random_tensor;

// y = b relu(a x), one number: no scores, so the loss is half the mean square.
Graph line(float a, float b) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 1}});
  const NodeId relu = graph.add("relu", Activation{}, {graph.add("a", FullyConnected{{{1, 1}, {a}}, {}}, {x})});
  graph.add_output("y", graph.add("b", FullyConnected{{{1, 1}, {b}}, {}}, {relu}));
  return graph;
}

TEST(GradientSensitivity, ConnectionByHand) {
  // Every product of gradient and number is y^2 of its image, so the mean squares of the numbers decide: 4 and 1 of the
  // weights, 4 m, 4 m and 4 m of the values, m = 14/3.
  const std::vector<float> images = {1, 2, 3};
  const Sensitivities s = gradient_sensitivities(line(2, -1), images, 3, {});
  const double value = 3.0 / 14 / 4, sum = 0.25 + 1 + 3 * value;
  EXPECT_NEAR(s.weights.at("a"), 0.25 / sum, 1e-6);
  EXPECT_NEAR(s.weights.at("b"), 1 / sum, 1e-6);
  for (const char* name : {"a", "relu", "b"}) EXPECT_NEAR(s.values.at(name), value / sum, 1e-6);
}

// A factor moved from one layer to the next changes no perturbation.
TEST(GradientSensitivity, ScalesMoveAlong) {
  const std::vector<float> images = {1, 2, 3};
  const Sensitivities one = gradient_sensitivities(line(2, -1), images, 3, {});
  const Sensitivities other = gradient_sensitivities(line(20, -0.1F), images, 3, {});
  const auto share = [](const Sensitivities& s, double a, double b) {
    return s.weights.at("a") * a * a / (s.weights.at("b") * b * b);
  };
  EXPECT_NEAR(share(one, 2, 1), share(other, 20, 0.1), 1e-5);
}

TEST(GradientSensitivity, HessianTraceByHand) {
  // loss = mean (a b x)^2 / 2: its second derivatives are b^2 mean x^2 and a^2 mean x^2; of one number Hutchinson's
  // estimate of the diagonal takes the mixed one in: it goes out over probes.
  const std::vector<float> images = {1, 2, 3};
  const Sensitivities s =
      gradient_sensitivities(line(2, -3), images, 3, {.measure = GradientMeasure::hessian_trace, .probes = 20000});
  const double square = 14.0 / 3, mixed = 2 * 6 * square;  // 2 a b mean x^2, in every probe with either sign
  EXPECT_NEAR(s.weights.at("a"), 9 * square, 4 * mixed / std::sqrt(20000.0));
  EXPECT_NEAR(s.weights.at("b"), 4 * square, 4 * mixed / std::sqrt(20000.0));
  EXPECT_TRUE(s.values.empty());
}

TEST(GradientSensitivity, ConnectionIsWhatSoftmaxGives) {
  Random random(1);
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 6}});
  graph.add_output("y", graph.add("a", FullyConnected{random_tensor({4, 6}, random), {}}, {x}));
  const std::vector<float> images = random_tensor({5, 6}, random).values;
  // One layer and its value: their shares are worked out here from softmax.
  const std::vector<float> y = run_all(graph, images, 5);
  const Tensor& w = std::get<FullyConnected>(graph.node(graph.outputs()[0].node).layer).weight;
  double of_weights = 0, of_value = 0, weight_square = 0, value_square = 0;
  for (const float number : w.values) weight_square += static_cast<double>(number) * number / 24;
  for (const float number : y) value_square += static_cast<double>(number) * number / 20;
  for (size_t i = 0; i < 5; ++i) {
    const float* row = y.data() + 4 * i;
    const size_t best = static_cast<size_t>(std::max_element(row, row + 4) - row);
    double sum = 0;
    for (size_t k = 0; k < 4; ++k) sum += std::exp(row[k]);
    for (size_t k = 0; k < 4; ++k) {
      const double g = std::exp(row[k]) / sum - (k == best ? 1 : 0);
      of_value += std::abs(g * row[k]) / 20;
      for (size_t j = 0; j < 6; ++j) of_weights += std::abs(g * images[6 * i + j] * w.values[k * 6 + j]) / (5 * 24);
    }
  }
  of_weights /= weight_square;
  of_value /= value_square;
  const Sensitivities s = gradient_sensitivities(graph, images, 5, {});
  EXPECT_NEAR(s.weights.at("a"), of_weights / (of_weights + of_value), 1e-5);
  EXPECT_NEAR(s.values.at("a"), of_value / (of_weights + of_value), 1e-5);
}

TEST(GradientSensitivity, FreshWeightsComeFromTheSeed) {
  Random random(2);
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 3, 6, 6}});
  const NodeId relu =
      graph.add("relu", Activation{}, {graph.add("a", Convolution{random_tensor({4, 3, 3, 3}, random), {}}, {x})});
  const NodeId flat = graph.add("flat", Reshape{{0, -1}}, {relu});
  graph.add_output("y", graph.add("b", FullyConnected{random_tensor({5, 64}, random), {}}, {flat}));
  const std::vector<float> images = random_tensor({4, 3, 6, 6}, random).values;
  GradientOptions options{.measure = GradientMeasure::fresh_connection, .seed = 7};
  const Sensitivities s = gradient_sensitivities(graph, images, 4, options);
  EXPECT_EQ(gradient_sensitivities(graph, images, 4, options).weights, s.weights);
  options.seed = 8;
  EXPECT_NE(gradient_sensitivities(graph, images, 4, options).weights, s.weights);
  EXPECT_EQ(s.weights.size(), 2U);
}

TEST(GradientSensitivity, RefusesNoImages) {
  EXPECT_THROW(gradient_sensitivities(line(1, 1), {}, 0, {}), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
