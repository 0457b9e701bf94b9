// Weights of one, one and a half, and three bits: closed forms and properties.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/quantize/few_bit_passes.hpp"
#include "quant_models/quantize/inverse_hessian.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::Random;
using test::random_graph;
using test::random_tensor;

double squared_error(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
  return sum;
}

std::vector<float> signed_product(const SignFactors& factors, const std::vector<float>& signs) {
  std::vector<float> product = signs;
  apply_sign_factors(product, factors);
  return product;
}

TEST(SignFactors, GiveBackAMatrixOfSignsAndFactors) {
  Random random(1);
  for (int round = 0; round < 20; ++round) {
    const size_t rows = 1 + random() % 9, columns = 1 + random() % 30;
    SignFactors given{random_tensor({static_cast<int64_t>(rows)}, random, 0.1F, 2).values,
                      random_tensor({static_cast<int64_t>(columns)}, random, 0.1F, 2).values};
    const std::vector<float> matrix =
        signed_product(given, random_tensor({static_cast<int64_t>(rows * columns)}, random).values);
    const std::vector<float> again = signed_product(factor_magnitudes(matrix, rows, columns), matrix);
    for (size_t i = 0; i < matrix.size(); ++i) EXPECT_NEAR(again[i], matrix[i], 1e-5);
  }
}

TEST(SignFactors, AreNoWorseThanAnyOtherFactors) {
  Random random(2);
  for (int round = 0; round < 20; ++round) {
    const std::vector<float> matrix = random_tensor({12, 20}, random).values;
    const SignFactors best = factor_magnitudes(matrix, 12, 20);
    const double least = squared_error(matrix, signed_product(best, matrix));
    // One number a row, as binary networks have it (its mean magnitude), and factors close by.
    SignFactors rows{std::vector<float>(12, 0.0F), std::vector<float>(20, 1.0F)};
    for (size_t i = 0; i < matrix.size(); ++i) rows.rows[i / 20] += std::abs(matrix[i]) / 20;
    EXPECT_LE(least, squared_error(matrix, signed_product(rows, matrix)));
    for (int other = 0; other < 50; ++other) {
      SignFactors near = best;
      for (float& x : near.rows) x *= 1 + 0.02F * random_tensor({1}, random).values[0];
      for (float& x : near.columns) x *= 1 + 0.02F * random_tensor({1}, random).values[0];
      EXPECT_LE(least, squared_error(matrix, signed_product(near, matrix)) * (1 + 1e-6));
    }
  }
}

TEST(SignFactors, ZerosAndSizes) {
  const std::vector<float> zeros(6, 0.0F);
  EXPECT_EQ(signed_product(factor_magnitudes(zeros, 2, 3), zeros), zeros);
  EXPECT_THROW(factor_magnitudes(zeros, 2, 2), std::invalid_argument);
  EXPECT_THROW(factor_magnitudes({}, 0, 3), std::invalid_argument);
}

TEST(OneBit, LayersKeepTheirSignsAndEdgesTheirWeights) {
  Random random(3);
  const Graph graph = prepare_for_plan(random_graph(random));
  const Graph all = round_to_signs(graph, {.keep_edges = false}), inner = round_to_signs(graph, {});
  const std::vector<NodeId> edges = edge_layers(graph);
  for (const NodeId id : graph.order()) {
    const Tensor* weight = weight_of(graph.node(id).layer);
    if (weight == nullptr) continue;
    const std::vector<float>& bits = weight_of(all.node(id).layer)->values;
    for (size_t i = 0; i < bits.size(); ++i) EXPECT_EQ(std::signbit(bits[i]), weight->values[i] < 0);
    const bool edge = std::find(edges.begin(), edges.end(), id) != edges.end();
    EXPECT_EQ(*weight_of(inner.node(id).layer) == *weight, edge) << graph.node(id).name;
  }
}

TEST(Ternary, AbsmeanByHand) {
  const Tensor weight{{2, 3}, {0.1F, -0.4F, 1, 0.2F, -0.2F, 0.5F}};
  const Quantization one = ternary_quantization(weight, {});
  EXPECT_FLOAT_EQ(one.scale[0], 0.4F);
  EXPECT_THAT(quantize(weight, one), testing::ElementsAre(0, -1, 1, 1, 0, 1));  // 0.2 / 0.4 is a half: up
  const Quantization each = ternary_quantization(weight, {.per_channel = true});
  EXPECT_FLOAT_EQ(each.scale[0], 0.5F);
  EXPECT_FLOAT_EQ(each.scale[1], 0.3F);
  EXPECT_THAT(quantize(weight, each), testing::ElementsAre(0, -1, 1, 1, -1, 1));
  EXPECT_EQ(ternary_quantization({{2}, {0, 0}}, {}).scale[0], 1.0F);
}

TEST(Ternary, FittedScalesAreTheBestForTheirIntegersAndStay) {
  Random random(9);
  const TernaryOptions fitted{.per_channel = true, .scale = TernaryScale::fitted};
  for (int round = 0; round < 10; ++round) {
    const Tensor weight = random_tensor({4, 50}, random);
    const Quantization q = ternary_quantization(weight, fitted);
    const Tensor stored = effective(weight, q);
    const double least = squared_error(stored.values, weight.values);
    for (const float factor : {0.97F, 1.03F}) {
      std::vector<float> other = stored.values;
      for (float& x : other) x *= factor;
      EXPECT_LT(least, squared_error(other, weight.values));
    }
    EXPECT_LT(least, squared_error(effective(weight, ternary_quantization(weight, {.per_channel = true})).values,
                                   weight.values));
    const Quantization again = ternary_quantization(stored, fitted);
    for (size_t c = 0; c < 4; ++c) EXPECT_FLOAT_EQ(again.scale[c], q.scale[c]);
  }
}

TEST(InverseHessian, FactorTimesItselfIsTheInverse) {
  Random random(4);
  for (const size_t n : {1U, 2U, 5U, 17U}) {
    std::vector<double> hessian(n * n, 0);
    for (size_t sample = 0; sample < 2 * n; ++sample) {
      const std::vector<float> x = random_tensor({static_cast<int64_t>(n)}, random).values;
      for (size_t i = 0; i < n * n; ++i) hessian[i] += static_cast<double>(x[i / n]) * x[i % n];
    }
    const std::vector<double> u = inverse_hessian_factor(hessian, n, 0.01);
    double mean = 0;
    for (size_t i = 0; i < n; ++i) mean += hessian[i * n + i] / static_cast<double>(n);
    for (size_t i = 0; i < n; ++i) hessian[i * n + i] += 0.01 * mean;
    for (size_t r = 0; r < n; ++r)
      for (size_t c = 0; c < n; ++c) {
        double product = 0;  // (U'U H)(r, c)
        for (size_t k = 0; k < n; ++k)
          for (size_t m = 0; m <= std::min(r, k); ++m) product += u[m * n + r] * u[m * n + k] * hessian[k * n + c];
        EXPECT_NEAR(product, r == c ? 1 : 0, 1e-8);
        if (r > c) {
          EXPECT_EQ(u[r * n + c], 0);
        }
      }
  }
  EXPECT_THROW(inverse_hessian_factor({}, 0, 0.01), std::invalid_argument);
}

std::vector<double> identity(size_t n) {
  std::vector<double> matrix(n * n, 0);
  for (size_t i = 0; i < n; ++i) matrix[i * n + i] = 1;
  return matrix;
}

// Error of a layer's outputs over the vectors that the Hessian sums up.
double output_error(std::span<const float> a, std::span<const float> b, size_t rows, size_t columns,
                    const std::vector<double>& hessian) {
  double sum = 0;
  for (size_t r = 0; r < rows; ++r)
    for (size_t i = 0; i < columns; ++i)
      for (size_t j = 0; j < columns; ++j)
        sum += (static_cast<double>(a[r * columns + i]) - b[r * columns + i]) * hessian[i * columns + j] *
               (static_cast<double>(a[r * columns + j]) - b[r * columns + j]);
  return sum;
}

TEST(SparseOutliers, WeightsOnTheGridStay) {
  // Rows of equal range, so that statistics of few bits hold: 8 levels from -1 to 0.75.
  std::vector<float> matrix;
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 16; ++c) matrix.push_back(static_cast<float>((c * 5 + r) % 8) / 4 - 1);
  const SparseOutlierMatrix stored = quantize_sparse_outliers(matrix, 4, 16, identity(16), {.outliers = 0});
  for (size_t i = 0; i < matrix.size(); ++i) EXPECT_NEAR(stored.values[i], matrix[i], 1e-6);
  EXPECT_TRUE(stored.outliers.empty());
}

TEST(SparseOutliers, OneLargeWeightIsKeptApart) {
  Random random(5);
  std::vector<float> matrix = random_tensor({16, 16}, random).values;
  matrix[16 * 3 + 7] = 40;
  const SparseOutlierMatrix with = quantize_sparse_outliers(matrix, 16, 16, identity(16), {.outliers = 0.02});
  EXPECT_LE(with.outliers.size(), 16U);
  const SparseOutlierMatrix without = quantize_sparse_outliers(matrix, 16, 16, identity(16), {.outliers = 0});
  EXPECT_LT(squared_error(with.values, matrix), squared_error(without.values, matrix));
  for (const OutlierWeight& o : with.outliers) EXPECT_NEAR(o.value, matrix[o.row * 16 + o.column], 0.02);
  EXPECT_GT(with.bits_per_weight, without.bits_per_weight);
}

// What the sweep is for: a smaller error of the outputs than rounding alone, more bits, a smaller one.
TEST(SparseOutliers, OutputsAreCloserThanByRoundingAlone) {
  Random random(6);
  double swept = 0, alone = 0, last = INFINITY;
  for (int round = 0; round < 10; ++round) {
    const size_t n = 32;
    std::vector<double> hessian(n * n, 0);
    const std::vector<float> common = random_tensor({static_cast<int64_t>(n)}, random).values;
    for (int sample = 0; sample < 100; ++sample) {
      std::vector<float> x = random_tensor({static_cast<int64_t>(n)}, random).values;
      const float shared = 3 * random_tensor({1}, random).values[0];
      for (size_t i = 0; i < n; ++i) x[i] += shared * common[i];
      for (size_t i = 0; i < n * n; ++i) hessian[i] += static_cast<double>(x[i / n]) * x[i % n];
    }
    const std::vector<float> matrix = random_tensor({8, 32}, random).values;
    const SparseOutlierOptions options{.outliers = 0};
    swept += output_error(quantize_sparse_outliers(matrix, 8, n, hessian, options).values, matrix, 8, n, hessian);
    // With a diagonal Hessian no weight makes up for another.
    alone += output_error(quantize_sparse_outliers(matrix, 8, n, identity(n), options).values, matrix, 8, n, hessian);
    if (round > 0) continue;
    for (const int bits : {2, 3, 4, 6, 8}) {
      const auto stored = quantize_sparse_outliers(matrix, 8, n, hessian, {.bits = bits, .statistic_bits = 8});
      const double error = output_error(stored.values, matrix, 8, n, hessian);
      EXPECT_LT(error, last) << bits;
      last = error;
    }
  }
  EXPECT_LT(swept, 0.7 * alone);
}

TEST(SparseOutliers, NetworksComeOutCloserWithMoreBits) {
  Random random(7);
  const Graph graph = prepare_for_plan(random_graph(random));
  Shape shape = graph.node(graph.inputs()[0]).shape;
  shape[0] = 4;
  const std::vector<float> images = random_tensor(shape, random).values, expected = run_all(graph, images, 4);
  double last = INFINITY;
  for (const int bits : {2, 4, 8}) {
    const SparseOutlierResult result =
        quantize_sparse_outliers(graph, images, 4, {.bits = bits, .statistic_bits = 8, .places = 16});
    const double error = squared_error(run_all(result.graph, images, 4), expected);
    EXPECT_LT(error, last);
    last = error;
    EXPECT_GT(result.bits_per_weight, bits);
    EXPECT_EQ(quantize_sparse_outliers(graph, images, 4, {.bits = bits, .statistic_bits = 8, .places = 16}).graph,
              result.graph);
  }
}

TEST(SparseOutliers, RefusesOptionsOutOfRange) {
  const std::vector<float> matrix(4, 1.0F);
  EXPECT_THROW(quantize_sparse_outliers(matrix, 2, 2, identity(2), {.bits = 1}), std::invalid_argument);
  EXPECT_THROW(quantize_sparse_outliers(matrix, 2, 2, identity(2), {.outliers = 2}), std::invalid_argument);
  EXPECT_THROW(quantize_sparse_outliers(matrix, 2, 3, identity(2), {}), std::invalid_argument);
}

TEST(FewBitPasses, ComeBehindPostTraining) {
  Random random(8);
  const Graph graph = prepare_for_plan(random_graph(random));
  Shape shape = graph.node(graph.inputs()[0]).shape;
  shape[0] = 4;
  const std::vector<float> images = random_tensor(shape, random).values;
  const auto run = [&](const Pass& pass) { return run_plan({post_training_pass({}), pass}, graph, {images, 4}); };
  EXPECT_THAT(run(one_bit_pass({})).steps.back(), testing::HasSubstr("weights 1 bit"));
  EXPECT_THAT(run(ternary_pass({.per_channel = true})).steps.back(), testing::HasSubstr("of a channel"));
  EXPECT_THAT(run(sparse_outlier_pass({.places = 8})).steps.back(), testing::HasSubstr("bits a weight"));
  const PlanResult ternary = run(ternary_pass({.keep_edges = false}));
  for (const NodeId id : ternary.quantized.order())
    if (const auto* q = weight_quantization_of(ternary.quantized.node(id).layer); q != nullptr) {
      EXPECT_EQ((*q)->bits, 2);
    }
}

}  // namespace
}  // namespace flashcell::quant
