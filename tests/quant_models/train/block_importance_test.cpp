#include "quant_models/train/block_importance.hpp"

#include <gtest/gtest.h>

#include "tests/quant_models/graph/small_transformer.hpp"

// Built where libtorch was found.
namespace flashcell::quant {
namespace {

at::Tensor some_images(at::IntArrayRef shape) {
  Random random(5, {});
  at::Tensor images = at::empty(shape, at::kFloat);
  for (int64_t i = 0; i < images.numel(); ++i) images.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return images;
}

std::vector<at::Tensor> importance_of(const Graph& graph, const at::Tensor& images, int threads = 1) {
  ShardThreads shards(threads);
  return block_importance(graph, find_blocks(graph), images, 1, shards);
}

// The scores read the first number twice as strongly as the second one, and the third not at all.
TEST(BlockImportance, IsTheMeanSquaredGradientOfTheScores) {
  Graph g;
  const NodeId input = g.add("input", Input{{1, 3}});
  const NodeId numbers =
      g.add("numbers", FullyConnected{{{3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1}}, {{3}, {0, 0, 0}}}, {input});
  g.add_output("scores", g.add("scores", FullyConnected{{{2, 3}, {2, 1, 0, -4, -2, 0}}, {{2}, {0.5F, 0}}}, {numbers}));
  const std::vector<at::Tensor> importance = importance_of(g, some_images({20, 3}));
  ASSERT_EQ(importance.size(), 2U);
  ASSERT_EQ(importance[0].sizes(), at::IntArrayRef({1, 3}));
  const float* of_numbers = importance[0].data_ptr<float>();
  EXPECT_NEAR(importance[0].mean().item<float>(), 1, 1e-5);
  EXPECT_NEAR(of_numbers[2], 0.1, 1e-6);
  EXPECT_NEAR((of_numbers[0] - 0.1) / (of_numbers[1] - 0.1), 4, 1e-4);
  // Of two classes what one gains the other loses.
  EXPECT_NEAR(importance[1].data_ptr<float>()[0], 1, 1e-5);
}

// Of a map one number for each channel; here the output is no classes' scores.
TEST(BlockImportance, IsOneForEachChannelOfAMap) {
  Graph g;
  const NodeId input = g.add("input", Input{{1, 1, 4, 4}});
  const NodeId maps = g.add("maps", Convolution{.weight = {{2, 1, 1, 1}, {1, 1}}, .bias = {{2}, {0, 0}}}, {input});
  g.add_output("map", g.add("map", Convolution{.weight = {{1, 2, 1, 1}, {3, 1}}, .bias = {{1}, {0}}}, {maps}));
  const std::vector<at::Tensor> importance = importance_of(g, some_images({8, 1, 4, 4}));
  ASSERT_EQ(importance[0].sizes(), at::IntArrayRef({1, 2, 1, 1}));
  const float* each = importance[0].data_ptr<float>();
  EXPECT_NEAR((each[0] - 0.1) / (each[1] - 0.1), 9, 1e-3);
}

TEST(BlockImportance, ThreadsDoNotChangeIt) {
  const Graph graph = test::small_transformer(3);
  const at::Tensor images = some_images({9, 3, 16, 16});
  const std::vector<at::Tensor> one = importance_of(graph, images), many = importance_of(graph, images, 3);
  ASSERT_EQ(one.size(), find_blocks(graph).size());
  for (size_t b = 0; b < one.size(); ++b) {
    EXPECT_TRUE(one[b].equal(many[b]));
    EXPECT_NEAR(one[b].mean().item<float>(), 1, 1e-4);
    EXPECT_GE(one[b].min().item<float>(), 0.1F);
  }
}

}  // namespace
}  // namespace flashcell::quant
