#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "quant_models/synthesize/contrastive_memory.hpp"
#include "quant_models/synthesize/generated_images.hpp"
#include "quant_models/synthesize/torch_random.hpp"
#include "tests/quant_models/synthesize/small_network.hpp"

namespace flashcell::quant {
namespace {

InputRange blob_range() {
  return {{-2, -2, -2}, {2, 2, 2}};
}

std::vector<at::Tensor> values_of(const std::vector<Parameter>& parameters) {
  std::vector<at::Tensor> values;
  for (const Parameter& p : parameters) values.push_back(p.value);
  return values;
}

TEST(InfoNce, OfKnownAngles) {
  // The query and its key agree (cosine 1, whatever their lengths), the others are at right angles.
  const at::Tensor queries = at::tensor({2.F, 0.F, 0.F}).reshape({1, 3}), keys = queries * 3;
  const at::Tensor others = at::tensor({0.F, 1.F, 0.F, 0.F, 0.F, 5.F}).reshape({2, 3});
  const double temperature = 0.5;
  EXPECT_NEAR(info_nce(queries, keys, others, temperature).item<double>(), std::log(1 + 2 * std::exp(-2.0)), 1e-6);
  // No key is better than another: the logarithm of how many there are.
  EXPECT_NEAR(info_nce(queries, keys, queries.expand({7, 3}), 0.1).item<double>(), std::log(8.0), 1e-5);
}

TEST(Generator, MakesImagesOfAnySizeWithEvenChannels) {
  Random random(1, {});
  for (const Shape& shape : {Shape{1, 3, 32, 32}, {1, 1, 28, 28}, {1, 3, 20, 50}}) {
    const Generator generator(shape, 10, 8, 4);
    const at::NoGradGuard no_gradients;
    const at::Tensor images = generator.forward(normal_tensor({6, kLatentNumbers}, random), at::arange(6, at::kLong),
                                                values_of(generator.parameters()));
    ASSERT_EQ(images.sizes().vec(), (std::vector<int64_t>{6, shape[1], shape[2], shape[3]}));
    for (int64_t c = 0; c < shape[1]; ++c) {
      EXPECT_NEAR(images.select(1, c).mean().item<double>(), 0, 1e-4);
      EXPECT_NEAR(images.select(1, c).std(false).item<double>(), 1, 0.01);
    }
  }
}

TEST(Generator, IsGdfqsAt32Pixels) {
  const Generator generator({1, 3, 32, 32}, 10, 128, 4);
  int64_t numbers = 0;
  for (const Parameter& p : generator.parameters()) numbers += p.value.numel();
  // Embedding, 100 -> 128 x 8 x 8, normalization, 128 -> 128, normalization, 128 -> 64, normalization, 64 -> 3.
  EXPECT_EQ(numbers,
            10 * 100 + 101 * 8192 + 256 + (9 * 128 + 1) * 128 + 256 + (9 * 128 + 1) * 64 + 128 + (9 * 64 + 1) * 3);
}

TEST(ContrastiveMemory, LearnsToRestoreWhatItHasSeen) {
  const std::vector<float> blobs = test::blob_pictures(32, 3);
  const at::Tensor images = to_torch({{32, test::kColours, test::kSide, test::kSide}, blobs});
  ContrastiveMemory memory({1, test::kColours, test::kSide, test::kSide}, 1);
  AdamW optimizer(memory.parameters(), 0);
  double first = 0, last = 0;
  for (int64_t step = 0; step < 60; ++step) {
    Random random(1, {static_cast<uint64_t>(step)});
    std::vector<at::Tensor> leaves;
    for (const Parameter& p : memory.parameters()) leaves.push_back(p.value.detach().requires_grad_());
    const ContrastiveMemory::Terms terms = memory.look(images, leaves, random);
    const std::vector<at::Tensor> gradients = torch::autograd::grad({terms.contrast + terms.restoration}, leaves);
    const at::NoGradGuard no_gradients;
    optimizer.update(memory.parameters(), gradients, 3e-3, step);
    memory.remember(terms.codes);
    (step == 0 ? first : last) = terms.restoration.item<double>();
  }
  EXPECT_LT(last, 0.6 * first);
  EXPECT_TRUE(memory.is_full());
  Random random(2, {});
  EXPECT_EQ(memory.restore(5, random).sizes().vec(),
            (std::vector<int64_t>{5, test::kColours, test::kSide, test::kSide}));
}

TEST(Disagreement, IsRelative) {
  const at::Tensor a = at::tensor({1.F, -3.F}).reshape({1, 2}), b = at::tensor({2.F, -3.F}).reshape({1, 2});
  EXPECT_NEAR(disagreement(a, b).item<double>(), 0.25, 1e-6);
}

class GeneratorMethods : public testing::TestWithParam<GeneratorMethod> {};

TEST_P(GeneratorMethods, LearnAndDoNotDependOnThreads) {
  const Graph graph = test::small_network(3);
  GeneratorOptions options;
  options.method = GetParam();
  options.width = 8;
  options.batch = 32;
  const DrawnImages one = GeneratedImages(blob_range(), options, 30, 1).draw(graph, 40, 5, {});
  const DrawnImages three = GeneratedImages(blob_range(), options, 30, 3).draw(graph, 40, 5, {});
  EXPECT_EQ(one.values, three.values);
  EXPECT_EQ(one.labels, three.labels);
  EXPECT_EQ(one.labels.size(), 40U);
  double early = 0, late = 0;
  for (size_t i = 0; i < 5; ++i) {
    early += one.losses[i];
    late += one.losses[25 + i];
  }
  EXPECT_LT(late, early);
}

TEST_P(GeneratorMethods, GradientsPassTheQuantizedNetwork) {
  const Graph graph = test::small_network(3);
  const Teacher teacher(graph);
  GeneratorOptions options;
  options.method = GetParam();
  options.width = 8;
  GeneratorTraining training(teacher, ImagePlanes(blob_range()), options, 1);
  ShardThreads threads(1);
  int asked = 0;
  training.step(0, threads, [&](const at::Tensor& images) {
    ++asked;
    return teacher.output(images * 0.9);
  });
  EXPECT_EQ(asked, GetParam() == GeneratorMethod::ddaq ? 4 : 0);
}

INSTANTIATE_TEST_SUITE_P(All, GeneratorMethods,
                         testing::Values(GeneratorMethod::gdfq, GeneratorMethod::ddaq, GeneratorMethod::coleq));

}  // namespace
}  // namespace flashcell::quant
