#include "quant_models/train/block_reconstruction.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/quantize/repq.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/train/torch_fake_quantize.hpp"
#include "quant_models/train/torch_network.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/quant_models/graph/small_transformer.hpp"

// Built where libtorch was found.
namespace flashcell::quant {
namespace {

constexpr int64_t kImages = 16;

std::vector<at::Tensor> numbers_of(const TorchNetwork& network) {
  std::vector<at::Tensor> values;
  for (const Parameter& p : network.parameters()) values.push_back(p.value);
  return values;
}

TEST(TorchFakeQuantize, LogarithmsAsTheGraphs) {
  test::Random random(3);
  for (const bool narrow : {false, true}) {
    const Quantization q = log_sqrt2_quantization(4, 0.7F, narrow);
    Tensor x = test::random_tensor({40, 50}, random, 0, 1);
    for (float& each : x.values) each = each * each * each;
    x.values[0] = 0;
    Tensor expected = x;
    fake_quantize(expected.values, expected.shape, q);
    const Tensor ours = from_torch(fake_quantize_log_sqrt2(to_torch(x), 0.7F, q.highest()));
    for (size_t i = 0; i < x.values.size(); ++i) ASSERT_NEAR(ours.values[i], expected.values[i], 1e-6F) << x.values[i];
  }
}

// Parts of one value with scales of their own, and logarithms: libtorch computes what the executor does.
TEST(TorchNetwork, RunsAQuantizedTransformer) {
  const Graph real = test::small_transformer(1);
  const std::vector<float> images = test::small_pictures(kImages, 1);
  RepqOptions options;
  options.weights.bits = options.value_bits = 8;
  const Graph quantized = quantize_repq(real, images, kImages, options);
  const TorchNetwork network(quantized);
  const std::vector<float> expected = run_all(quantized, images, kImages);
  const at::NoGradGuard no_gradients;
  const Tensor ours =
      from_torch(network.forward(to_torch(make_tensor({kImages, 3, 16, 16}, images)), numbers_of(network), nullptr));
  double error = 0, size = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(static_cast<double>(ours.values[i]) - static_cast<double>(expected[i]), 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  EXPECT_LT(error / size, 1e-4);  // a number between two integers may fall either way
  // Nothing trained: everything comes back as it was, scales to the precision of their logarithms.
  const Graph back = network.trained();
  for (const NodeId id : quantized.order()) {
    ASSERT_EQ(back.node(id).quantization.has_value(), quantized.node(id).quantization.has_value());
    if (!quantized.node(id).quantization) continue;
    EXPECT_EQ(back.node(id).quantization->kind, quantized.node(id).quantization->kind);
    EXPECT_NEAR(back.node(id).quantization->scale[0] / quantized.node(id).quantization->scale[0], 1, 1e-5);
  }
}

TEST(Reconstruction, BringsBlocksCloser) {
  const Graph real = test::small_transformer(2);
  const std::vector<float> images = test::small_pictures(kImages, 2);
  const Graph quantized = quantize_repq(real, images, kImages, {});
  ReconstructionOptions options;
  options.iterations = 60;
  options.learning_rate = 1e-3;
  options.scale_rate = 1e-2;
  const Reconstruction done = reconstruct_blocks(real, quantized, images, kImages, options);
  ASSERT_EQ(done.before.size(), 6U);
  for (size_t i = 0; i < 6; ++i) EXPECT_LE(done.after[i], done.before[i]);
  EXPECT_LT(done.after.back(), 0.85 * done.before.back());
  const auto error = [&](const Graph& graph) {
    const std::vector<float> made = run_all(graph, images, kImages), wanted = run_all(real, images, kImages);
    double sum = 0;
    for (size_t i = 0; i < made.size(); ++i) sum += std::pow(static_cast<double>(made[i] - wanted[i]), 2);
    return sum;
  };
  EXPECT_LT(error(done.graph), 0.7 * error(quantized));
  // Bits and zero points stay.
  for (const NodeId id : quantized.order()) {
    const auto &before = quantized.node(id).quantization, &after = done.graph.node(id).quantization;
    ASSERT_EQ(before.has_value(), after.has_value());
    if (!before) continue;
    EXPECT_EQ(before->bits, after->bits);
    EXPECT_EQ(before->zero_point, after->zero_point);
  }
}

// What only moves numbers, and begins a block, goes on storing them as the block before leaves them.
TEST(Reconstruction, WhatMovesNumbersFollowsTheirScale) {
  const Graph real = test::small_transformer(3, 1);
  const std::vector<float> images = test::small_pictures(kImages, 3);
  const Graph quantized = quantize_post_training(real, images, kImages, {});
  ReconstructionOptions options;
  options.iterations = 20;
  options.scale_rate = 1e-2;
  const Reconstruction done = reconstruct_blocks(real, quantized, images, kImages, options);
  ASSERT_LT(done.after[0], done.before[0]);  // the patches' block was put back
  int moving = 0;
  for (const NodeId id : quantized.order()) {
    const Node &was = quantized.node(id), &is = done.graph.node(id);
    if (!was.quantization || !only_moves(was.layer)) continue;
    if (quantized.node(was.inputs[0]).quantization != was.quantization) continue;
    ++moving;
    EXPECT_EQ(done.graph.node(is.inputs[0]).quantization, is.quantization) << is.name;
  }
  EXPECT_GT(moving, 0);
  EXPECT_NE(done.graph.node(*done.graph.find("rows")).quantization,
            quantized.node(*quantized.find("rows")).quantization);
}

TEST(Reconstruction, ThreadsDoNotChangeIt) {
  const Graph real = test::small_transformer(3, 1);
  const std::vector<float> images = test::small_pictures(kImages, 3);
  const Graph quantized = quantize_repq(real, images, kImages, {});
  ReconstructionOptions options;
  options.iterations = 5;
  const Graph one = reconstruct_blocks(real, quantized, images, kImages, options).graph;
  options.threads = 3;
  EXPECT_EQ(one, reconstruct_blocks(real, quantized, images, kImages, options).graph);
  options.seed = 2;
  EXPECT_NE(one, reconstruct_blocks(real, quantized, images, kImages, options).graph);
}

TEST(Reconstruction, RefusesAnotherNetwork) {
  const std::vector<float> images = test::small_pictures(kImages, 4);
  const Graph quantized = quantize_weights(test::small_transformer(4, 2), {});
  EXPECT_THROW(reconstruct_blocks(test::small_transformer(4, 1), quantized, images, kImages, {}), ModelError);
  EXPECT_THROW(reconstruct_blocks(quantized, quantized, images, 0, {}), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
