#include "quant_models/synthesize/distill.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "quant_models/model_error.hpp"
#include "quant_models/synthesize/generated_images.hpp"
#include "quant_models/synthesize/layer_importance.hpp"
#include "quant_models/synthesize/low_pass.hpp"
#include "quant_models/synthesize/noise.hpp"
#include "quant_models/synthesize/octaves.hpp"
#include "quant_models/synthesize/teacher.hpp"
#include "quant_models/synthesize/torch_random.hpp"
#include "tests/quant_models/synthesize/small_network.hpp"

namespace flashcell::quant {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

InputRange range_of_blobs() {
  return {{-2, -2, -2}, {2, 2, 2}};
}

at::Tensor images_of(const DrawnImages& drawn) {
  return to_torch({{drawn.count, test::kColours, test::kSide, test::kSide}, drawn.values});
}

double mismatch(const Teacher& teacher, const DrawnImages& drawn) {
  const at::NoGradGuard no_gradients;
  return at::stack(teacher.look(images_of(drawn)).statistics).mean().item<double>();
}

TEST(StatisticsDistance, OfNumbersThatOneCanCount) {
  // Channel 0: mean 2, deviation 1; channel 1: mean 0, deviation 2.
  const at::Tensor x = at::tensor({1.F, 3.F, -2.F, 2.F, 1.F, 3.F, 2.F, -2.F}).reshape({2, 2, 1, 2});
  const at::Tensor mean = at::tensor({2.F, 1.F}), variance = at::tensor({1.F, 9.F});
  // (0 + 1) + (0 + 1), over 1 + 9.
  EXPECT_NEAR(statistics_distance(x, mean, variance).item<double>(), 0.2, 1e-6);
}

TEST(DistilledImages, HaveTheNetworksStatisticsAndTheirClass) {
  const Graph graph = test::small_network(3);
  const Teacher teacher(graph);
  const DrawnImages noise = NoiseImages(range_of_blobs()).draw(graph, 64, 5, {});
  for (const bool leaves : {false, true}) {
    DistillOptions options;
    options.batch = 32;
    options.steps = 150;
    options.leaves = leaves;
    const DrawnImages drawn = DistilledImages(range_of_blobs(), options).draw(graph, 64, 5, {});
    EXPECT_LT(mismatch(teacher, drawn), 0.2 * mismatch(teacher, noise));
    EXPECT_EQ(std::set<int>(drawn.labels.begin(), drawn.labels.end()).size(), size_t{test::kKinds});
    const at::NoGradGuard no_gradients;
    const at::Tensor best = teacher.output(images_of(drawn)).argmax(1);
    int64_t asked_for = 0;
    for (int64_t i = 0; i < 64; ++i) asked_for += best[i].item<int64_t>() == drawn.labels[static_cast<size_t>(i)];
    EXPECT_GT(asked_for, 32);  // a quarter would be chance
    ASSERT_EQ(drawn.losses.size(), 150U);
    EXPECT_LT(drawn.losses.back(), drawn.losses.front());
    for (const float v : drawn.values) ASSERT_TRUE(v >= -2 && v <= 2);
  }
}

TEST(DistilledImages, OfLeavesStayNearThem) {
  const Graph graph = test::small_network(3);
  DistillOptions options = distill_options(224, 65);
  ASSERT_TRUE(options.leaves);
  EXPECT_FALSE(distill_options(64, 32).leaves);
  options.steps = 20;
  const auto distance = [&](const DistillOptions& from, const DistillOptions& to) {
    const at::Tensor a = images_of(DistilledImages(range_of_blobs(), from).draw(graph, 16, 5, {})),
                     b = images_of(DistilledImages(range_of_blobs(), to).draw(graph, 16, 5, {}));
    return (a - b).square().mean().item<double>();
  };
  DistillOptions first = options, other = options;
  first.steps = 1;
  first.learning_rate = 1e-6;  // the leaves themselves
  other.leaves = false;
  EXPECT_GT(distance(options, first), 0);
  EXPECT_LT(distance(options, first), 0.5 * distance(other, first));
}

TEST(DistilledImages, DoNotDependOnThreads) {
  const Graph graph = test::small_network(4);
  DistillOptions options;
  options.batch = 8;
  options.steps = 5;
  const DrawnImages one = DistilledImages(range_of_blobs(), options).draw(graph, 20, 9, {});
  options.threads = 3;
  const DrawnImages three = DistilledImages(range_of_blobs(), options).draw(graph, 20, 9, {});
  EXPECT_EQ(one.values, three.values);
  EXPECT_EQ(one.losses, three.losses);
  EXPECT_NE(DistilledImages(range_of_blobs(), options).draw(graph, 20, 10, {}).values, one.values);
}

TEST(DistilledImages, SaysWhatToDoWithoutBatchNormalization) {
  const Graph graph = test::small_network(4, false);
  EXPECT_THAT([&] { DistilledImages(range_of_blobs(), {}).draw(graph, 4, 1, {}); },
              ThrowsMessage<ModelError>(HasSubstr("--calib")));
  EXPECT_THAT([&] { GeneratedImages(range_of_blobs(), {}, 1, 1).draw(graph, 4, 1, {}); },
              ThrowsMessage<ModelError>(HasSubstr("--calib")));
}

TEST(Octaves, KeepTheVarianceAndGiveLowFrequenciesMostOfIt) {
  Random random(1, {});
  const Octaves octaves(24, 20, 6, 3);
  const at::Tensor planes = octaves.sum(normal_tensor({40, 3, 2, 24, 20}, random));
  ASSERT_EQ(planes.sizes().vec(), (std::vector<int64_t>{40, 2, 24, 20}));
  EXPECT_NEAR(planes.square().mean().item<double>(), 1, 0.1);
  // White numbers' neighbours differ by twice their variance.
  EXPECT_LT(planes.diff(1, 3).square().mean().item<double>(), 1);
  const at::Tensor moved = octaves.sum(octaves.step().expand({1, 3, 1, 24, 20}));
  EXPECT_NEAR(moved.min().item<double>(), 3, 1e-4);  // 1 of each octave
  EXPECT_NEAR(moved.max().item<double>(), 3, 1e-4);
  EXPECT_THROW(Octaves(8, 8, 0, 2), std::invalid_argument);
  EXPECT_THROW(Octaves(8, 8, 2, 0), std::invalid_argument);
}

// Images with a long side go through the Fourier plane: the same octaves, and gradients that add up to the same.
TEST(Octaves, OfLongSidesAreTheProductsWithTheirMatrices) {
  constexpr int64_t kRows = 66, kColumns = 51;
  constexpr double kCutoff = 9;
  Random random(1, {});
  const Octaves octaves(kRows, kColumns, kCutoff, 2);
  const at::Tensor numbers = normal_tensor({2, 2, 3, kRows, kColumns}, random).requires_grad_();
  const at::Tensor planes = octaves.sum(numbers);
  at::Tensor expected = at::zeros_like(planes);
  const at::Tensor copy = numbers.detach().clone().requires_grad_();
  for (int octave = 0; octave < 2; ++octave) {
    const auto matrix = [&](int64_t side, double variance) {
      std::vector<double> values = low_pass_matrix(side, kCutoff / (1 << octave));
      const at::Tensor m = at::from_blob(values.data(), {side, side}, at::kDouble).to(at::kFloat);
      return m * std::sqrt(variance / m[0].square().sum().item<double>());
    };
    expected = expected + at::matmul(matrix(kRows, 0.5), at::matmul(copy.select(1, octave), matrix(kColumns, 1)));
  }
  EXPECT_TRUE(at::allclose(planes, expected, 1e-4, 1e-5)) << (planes - expected).abs().max().item<double>();
  const at::Tensor weights = normal_tensor({2, 3, kRows, kColumns}, random);
  (planes * weights).sum().backward();
  (expected * weights).sum().backward();
  EXPECT_TRUE(at::allclose(numbers.grad(), copy.grad(), 1e-4, 1e-5));
  const at::Tensor moved = octaves.sum(octaves.step().expand({1, 2, 1, kRows, kColumns}));
  EXPECT_NEAR(moved.min().item<double>(), 2, 1e-4);
  EXPECT_NEAR(moved.max().item<double>(), 2, 1e-4);
}

TEST(DrawnClasses, AreEven) {
  const std::vector<int> many = drawn_classes(30, 10, 1);
  for (int c = 0; c < 10; ++c) EXPECT_EQ(std::count(many.begin(), many.end(), c), 3);
  const std::vector<int> few = drawn_classes(10, 1000, 1);
  EXPECT_EQ(std::set<int>(few.begin(), few.end()).size(), 10U);
  EXPECT_TRUE(drawn_classes(10, 0, 1).empty());
}

// f(x) = x . A x / 2 has the second derivatives A; Hutchinson's estimate of a diagonal A is exact.
TEST(MeanHessianTraces, OfQuadraticForms) {
  Random random(1, {});
  const at::Tensor x = normal_tensor({6}, random).requires_grad_(), y = normal_tensor({2, 2}, random).requires_grad_();
  const at::Tensor unused = at::ones({3}).requires_grad_();
  const at::Tensor a = at::tensor({1.F, 2.F, 3.F, 4.F, 5.F, -3.F});
  const auto loss = [&](const std::vector<at::Tensor>& t) {
    return (a * t[0].square()).sum() / 2 + 5 * t[1].square().sum();
  };
  const std::vector<double> traces = mean_hessian_traces(loss, {x, y, unused}, 3, random);
  EXPECT_NEAR(traces[0], 2, 1e-5);
  EXPECT_NEAR(traces[1], 10, 1e-5);
  EXPECT_EQ(traces[2], 0);
}

// Off the diagonal single samples differ, their mean does not.
TEST(MeanHessianTraces, OfAFullMatrix) {
  Random random(2, {});
  const at::Tensor x = normal_tensor({8}, random).requires_grad_();
  const at::Tensor b = normal_tensor({8, 8}, random);
  const at::Tensor a = at::matmul(b, b.t());
  const auto loss = [&](const std::vector<at::Tensor>& t) { return t[0].dot(at::mv(a, t[0])) / 2; };
  const double trace = a.diagonal().mean().item<double>();
  EXPECT_NEAR(mean_hessian_traces(loss, {x}, 4000, random)[0], trace, 0.05 * trace);
}

TEST(LayerImportance, HasAMeanOfOne) {
  const Graph graph = test::small_network(6);
  const Teacher teacher(graph);
  const DrawnImages noise = NoiseImages(range_of_blobs()).draw(graph, 8, 5, {});
  const std::vector<double> importance = layer_importance(teacher, images_of(noise), 4, 1);
  ASSERT_EQ(importance.size(), 2U);
  EXPECT_NEAR(importance[0] + importance[1], 2, 1e-6);
  EXPECT_NE(importance[0], importance[1]);
}

}  // namespace
}  // namespace flashcell::quant
