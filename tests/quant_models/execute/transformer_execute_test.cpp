// Layers of transformers against plain loops in double precision, and their functions of single numbers.
#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/layers/row_product.hpp"
#include "quant_models/layers/vector_functions.hpp"
#include "quant_models/model_error.hpp"
#include "tests/quant_models/graph/oblong_transformer.hpp"

namespace flashcell::quant {
namespace {

std::vector<float> run_layer(const Layer& layer, const std::vector<Tensor>& inputs) {
  Graph graph;
  std::vector<NodeId> ids;
  for (size_t i = 0; i < inputs.size(); ++i) ids.push_back(graph.add("x" + std::to_string(i), Input{inputs[i].shape}));
  graph.add_output("y", graph.add("y", layer, ids));
  Executor executor(graph);
  for (size_t i = 0; i < inputs.size(); ++i)
    std::copy(inputs[i].values.begin(), inputs[i].values.end(), executor.input(i).begin());
  executor.run();
  return {executor.output(0).begin(), executor.output(0).end()};
}

TEST(VectorFunctions, AreCloseToTheRealOnes) {
  std::vector<float> x, y;
  for (int i = -60000; i <= 60000; ++i) x.push_back(static_cast<float>(i) * 1e-4F);
  y.resize(x.size());
  const auto worst = [&](auto function, auto exact) {
    function(y.data());
    double most = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double real = exact(double{x[i]});
      most = std::max(most, std::abs(double{y[i]} - real) / std::max(std::abs(real), 1e-7));
    }
    return most;
  };
  const auto count = static_cast<int64_t>(x.size());
  EXPECT_LT(worst([&](float* out) { exponentials(x.data(), 0, out, count); }, [](double v) { return std::exp(v); }),
            3e-7);
  EXPECT_LT(worst([&](float* out) { error_functions(x.data(), out, count); }, [](double v) { return std::erf(v); }),
            3e-7);
  EXPECT_LT(worst([&](float* out) { gelus(x.data(), out, count); },
                  [](double v) { return v / 2 * std::erfc(-v / std::sqrt(2.0)); }),
            5e-6);
  EXPECT_LT(worst([&](float* out) { tanh_gelus(x.data(), out, count); },
                  [](double v) {
                    const double u = std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v);
                    return v / (1 + std::exp(-2 * u));
                  }),
            5e-6);
}

TEST(VectorFunctions, ReachTheEnds) {
  const std::vector<float> x = {-INFINITY, -1e30F, -110, 0, 100, 1e30F, INFINITY, NAN};
  std::vector<float> y(x.size());
  const auto count = static_cast<int64_t>(x.size());
  exponentials(x.data(), 0, y.data(), count);
  EXPECT_EQ(std::vector<float>(y.begin(), y.end() - 1), (std::vector<float>{0, 0, 0, 1, INFINITY, INFINITY, INFINITY}));
  EXPECT_TRUE(std::isnan(y.back()));
  error_functions(x.data(), y.data(), count);
  EXPECT_EQ(std::vector<float>(y.begin(), y.end() - 1), (std::vector<float>{-1, -1, -1, 0, 1, 1, 1}));
  for (const auto function : {gelus, tanh_gelus}) {
    function(x.data(), y.data(), count);
    EXPECT_EQ(std::vector<float>(y.begin(), y.end() - 1), (std::vector<float>{0, 0, 0, 0, 100, 1e30F, INFINITY}));
  }
}

// Number (r, c) of a product, its sum in the written-out order; number k of row r is a[r * row_stride + k * step].
float sum_in_order(const float* a, int64_t row_stride, int64_t step, const Tensor& b, int64_t r, int64_t c) {
  const int64_t depth = b.shape[0], columns = b.shape[1];
  float sum = 0;
  for (int64_t k = 0; k < depth; ++k) {
    const float term = a[r * row_stride + k * step] * b.values[static_cast<size_t>(k * columns + c)];
    sum = sum + term;
  }
  return sum;
}

// Whatever the shape: fewer and more rows than columns, depths that are taken in parts.
TEST(RowProduct, EveryNumberIsASumInOrder) {
  test::Random random(1);
  for (const int columns : {1, 5, 31, 32, 33, 197}) {
    for (const int64_t rows : {1, 7, 8, 9, 65}) {
      const int depth = test::any_of({1, 6, 64, 512, 513, 1100}, random);
      const Tensor a = test::random_tensor({rows, depth}, random), b = test::random_tensor({depth, columns}, random);
      const Tensor bias = test::random_tensor({columns}, random);
      RowProduct product(depth, columns, 0.125F);
      product.pack(b.values.data(), columns, 1);
      product.set_bias(bias.values);
      std::vector<float> out(static_cast<size_t>(rows * columns));
      product.multiply(a.values.data(), rows, out.data());
      std::vector<float> added(out.size(), 3.0F);
      product.add_transposed(a.values.data(), rows, added.data());
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < columns; ++c) {
          const auto at = static_cast<size_t>(r * columns + c);
          const float scaled = sum_in_order(a.values.data(), depth, 1, b, r, c) * 0.125F;
          ASSERT_EQ(out[at], scaled + bias.values[static_cast<size_t>(c)]);
          ASSERT_EQ(added[at], 3.0F + sum_in_order(a.values.data(), 1, rows, b, r, c));
        }
      }
    }
  }
}

TEST(Product, StretchesLeadingDimensions) {
  test::Random random(2);
  const Tensor a = test::random_tensor({2, 1, 3, 4}, random), b = test::random_tensor({5, 4, 6}, random);
  const std::vector<float> y = run_layer(Product{2}, {a, b});
  ASSERT_EQ(y.size(), 2U * 5 * 3 * 6);
  size_t at = 0;
  for (size_t i = 0; i < 2; ++i)
    for (size_t j = 0; j < 5; ++j)
      for (size_t r = 0; r < 3; ++r)
        for (size_t c = 0; c < 6; ++c, ++at) {
          double sum = 0;
          for (size_t k = 0; k < 4; ++k) sum += double{a.values[(i * 3 + r) * 4 + k]} * b.values[(j * 4 + k) * 6 + c];
          EXPECT_NEAR(y[at], 2 * sum, 1e-5);
        }
  EXPECT_THROW(run_layer(Product{}, {a, a}), ModelError);
}

TEST(LayerNormalization, IsItsFormulaOverTheLastDimensions) {
  test::Random random(3);
  const Tensor x = test::random_tensor({3, 5, 7}, random, -2, 5);
  for (const Shape& together : {Shape{7}, Shape{5, 7}}) {
    const LayerNormalization layer{test::random_tensor(together, random), test::random_tensor(together, random), 0.1F};
    const std::vector<float> y = run_layer(layer, {x});
    const size_t each = layer.scale.values.size();
    for (size_t first = 0; first < y.size(); first += each) {
      double mean = 0, variance = 0;
      for (size_t i = 0; i < each; ++i) mean += double{x.values[first + i]} / static_cast<double>(each);
      for (size_t i = 0; i < each; ++i)
        variance += (x.values[first + i] - mean) * (x.values[first + i] - mean) / static_cast<double>(each);
      for (size_t i = 0; i < each; ++i)
        EXPECT_NEAR(
            y[first + i],
            (x.values[first + i] - mean) / std::sqrt(variance + 0.1F) * layer.scale.values[i] + layer.bias.values[i],
            1e-5);
    }
  }
}

TEST(Softmax, SumsToOneAlongAnyAxis) {
  test::Random random(4);
  const Tensor x = test::random_tensor({2, 9, 5}, random, -90, 90);
  for (const int axis : {0, 1, -1}) {
    const std::vector<float> y = run_layer(Softmax{axis}, {x});
    const std::vector<float> sums = run_layer(ReduceMean{{axis}, false}, {{x.shape, y}});
    const auto extent = static_cast<float>(x.shape[axis < 0 ? 2 : static_cast<size_t>(axis)]);
    for (const float mean : sums) EXPECT_NEAR(mean * extent, 1, 1e-6F);
  }
}

TEST(Gather, TakesAnyIndices) {
  const Tensor x{{2, 3}, {0, 1, 2, 3, 4, 5}};
  EXPECT_EQ(run_layer(Gather{1, {2, 0, 2}}, {x}), (std::vector<float>{2, 0, 2, 5, 3, 5}));
  EXPECT_THROW(run_layer(Gather{1, {3}}, {x}), ModelError);
}

TEST(Concat, JoinsAValueOfOneItemToEveryItem) {
  const Tensor token{{1, 1, 2}, {7, 8}}, x{{2, 1, 2}, {1, 2, 3, 4}};
  EXPECT_EQ(run_layer(Concat{1}, {token, x}), (std::vector<float>{7, 8, 1, 2, 7, 8, 3, 4}));
  EXPECT_EQ(run_layer(Concat{1}, {x, token}), (std::vector<float>{1, 2, 7, 8, 3, 4, 7, 8}));
}

// A whole transformer: one image at a time or several at once are the same bytes.
TEST(Transformer, BatchesAreTheSameBytes) {
  test::Random random(9);
  const Graph graph = test::oblong_transformer(random);
  const Tensor x = test::random_tensor({5, 3, 8, 12}, random);
  EXPECT_EQ(possible_batch(graph, 4), 4);
  const std::vector<float> expected = run_all(graph, x.values, 5, 1);
  EXPECT_EQ(run_all(graph, x.values, 5, 4), expected);
  for (const int threads : {1, 2, 3, 8})
    EXPECT_EQ(run_all(graph, x.values, 5, {.batch = 2, .threads = threads}), expected);
}

}  // namespace
}  // namespace flashcell::quant
