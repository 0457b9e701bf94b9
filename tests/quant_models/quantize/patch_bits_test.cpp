#include "quant_models/quantize/patch_bits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/quantize/plan.hpp"
#include "tests/quant_models/graph/small_transformer.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kPatchImages = 12;

double error(const Graph& graph, const Graph& real, const std::vector<float>& images) {
  const std::vector<float> made = run_all(graph, images, kPatchImages), wanted = run_all(real, images, kPatchImages);
  double sum = 0;
  for (size_t i = 0; i < made.size(); ++i)
    sum += std::pow(static_cast<double>(made[i]) - static_cast<double>(wanted[i]), 2);
  return sum;
}

Graph repq(const Graph& real, const std::vector<float>& images, int bits) {
  RepqOptions options;
  options.weights.bits = 8;
  options.value_bits = bits;
  return quantize_repq(real, images, kPatchImages, options);
}

TEST(PatchBits, KeepsToTheMean) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Graph real = test::small_transformer(seed);
    const std::vector<float> images = test::small_pictures(kPatchImages, seed);
    const Graph quantized = repq(real, images, 4);
    const PatchBitsResult result = allot_patch_bits(quantized, images, kPatchImages, {});
    EXPECT_LE(result.mean_bits, 4);
    EXPECT_GT(result.mean_bits, 3.8);
    EXPECT_EQ(result.values.size(), 9U);  // four of each block, and what the head reads
    EXPECT_TRUE(std::isfinite(error(result.graph, real, images)));
  }
}

// As a step of a plan it is taken where it helps only.
TEST(PatchBits, APlanKeepsWhatIsCloser) {
  int taken = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Graph real = test::small_transformer(seed);
    const std::vector<float> images = test::small_pictures(kPatchImages, seed);
    RepqOptions options;
    options.value_bits = 4;
    const PlanResult same = run_plan({repq_pass(options)}, prepare_for_plan(real), {images, kPatchImages});
    const PlanResult own =
        run_plan({repq_pass(options), patch_bits_pass(4)}, prepare_for_plan(real), {images, kPatchImages});
    const double before = error(same.quantized, real, images), after = error(own.quantized, real, images);
    EXPECT_LE(after, before) << seed;
    taken += own.quantized != same.quantized;
    EXPECT_EQ(own.steps.size(), same.steps.size() + 1);
    EXPECT_EQ(own.steps.back().find("kept") == std::string::npos, own.quantized != same.quantized);
  }
  EXPECT_GT(taken, 0);
}

TEST(PatchBits, TokensOfAValueHaveTwoKindsOfBits) {
  const Graph real = test::small_transformer(3);
  const std::vector<float> images = test::small_pictures(kPatchImages, 3);
  const PatchBitsResult result = allot_patch_bits(repq(real, images, 4), images, kPatchImages, {});
  int parted = 0;
  for (const PatchBits& each : result.values) {
    EXPECT_GE(each.sensitivity, 0);
    const Node& node = result.graph.node(*result.graph.find(each.value));
    if (each.few == each.many) {
      EXPECT_EQ(node.quantization->bits, each.few);
      continue;
    }
    ++parted;
    EXPECT_FALSE(node.quantization);
    const Node& few = result.graph.node(*result.graph.find(each.value + ".few"));
    const Node& many = result.graph.node(*result.graph.find(each.value + ".many"));
    EXPECT_EQ(few.quantization->bits, each.few);
    EXPECT_EQ(many.quantization->bits, each.many);
    EXPECT_EQ(static_cast<int64_t>(std::get<Gather>(many.layer).indices.size()), each.with_many);
  }
  EXPECT_GT(parted, 0);
}

// The parts joined are the value: with all bits the network is what it was.
TEST(PatchBits, PartingMovesNoNumbers) {
  const Graph real = test::small_transformer(4);
  const std::vector<float> images = test::small_pictures(kPatchImages, 4);
  const Graph quantized = repq(real, images, 8);
  PatchBitsOptions options;
  options.choices = {15, 16};
  options.mean_bits = 15.5;
  const PatchBitsResult result = allot_patch_bits(quantized, images, kPatchImages, options);
  EXPECT_TRUE(
      std::any_of(result.values.begin(), result.values.end(), [](const PatchBits& v) { return v.few != v.many; }));
  EXPECT_LT(error(result.graph, real, images), error(quantized, real, images));
}

TEST(PatchBits, RefusesWhatItCannotUse) {
  const Graph real = test::small_transformer(5);
  const std::vector<float> images = test::small_pictures(kPatchImages, 5);
  EXPECT_THROW(allot_patch_bits(real, images, kPatchImages, {}), ModelError);  // nothing is quantized
  EXPECT_THROW(allot_patch_bits(real, images, kPatchImages, {.choices = {4}}), std::invalid_argument);
  EXPECT_THROW(allot_patch_bits(real, images, kPatchImages, {.choices = {4, 3}}), std::invalid_argument);
  EXPECT_THROW(allot_patch_bits(real, images, kPatchImages, {.mean_bits = 2}), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
