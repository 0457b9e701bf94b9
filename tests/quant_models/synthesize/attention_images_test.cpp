#include "quant_models/synthesize/attention_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "quant_models/model_error.hpp"
#include "quant_models/synthesize/attention_prior.hpp"
#include "quant_models/synthesize/attention_view.hpp"
#include "quant_models/synthesize/patch_similarity.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/quant_models/graph/small_transformer.hpp"

// Built where libtorch was found.
namespace flashcell::quant {
namespace {

InputRange small_range() {
  return {{-2, -2, -2}, {2, 2, 2}};
}

AttentionImageOptions quick(AttentionMethod method) {
  AttentionImageOptions options;
  options.method = method;
  options.steps = 25;
  options.batch = 4;
  return options;
}

constexpr AttentionMethod kAll[] = {AttentionMethod::psaq, AttentionMethod::psaq_v2, AttentionMethod::sardfq};

at::Tensor to_tensor(const DrawnImages& images) {
  return to_torch(make_tensor({images.count, 3, 16, 16}, images.values));
}

double entropy_of(const DrawnImages& images, const Graph& graph) {
  const Teacher teacher(graph);
  const AttentionView view(teacher, "a test");
  double sum = 0;
  for (const AttentionValues& each : view.look(to_tensor(images)).attentions)
    sum += gaussian_entropy(patch_similarity(each.output, view.others())).item().toDouble();
  return sum;
}

TEST(AttentionView, FindsTokensAndPatches) {
  const Teacher teacher(test::small_transformer(1, 3));
  const AttentionView view(teacher, "a test");
  EXPECT_EQ(view.count(), 3U);
  EXPECT_EQ(view.rows(), 4);
  EXPECT_EQ(view.columns(), 4);
  EXPECT_EQ(view.others(), 1);
  const AttentionPass pass = view.look(at::zeros({5, 3, 16, 16}));
  EXPECT_EQ(pass.output.sizes(), (at::IntArrayRef{5, 10}));
  EXPECT_EQ(pass.attentions[2].weights.sizes(), (at::IntArrayRef{5, 2, 17, 17}));
  EXPECT_EQ(pass.attentions[2].output.sizes(), (at::IntArrayRef{5, 2, 17, 8}));
  EXPECT_LT((pass.attentions[0].weights.sum(3) - 1).abs().max().item().toDouble(), 1e-5);
}

TEST(AttentionImages, LossFallsAndPixelsStayInRange) {
  for (const AttentionMethod method : kAll) {
    const DrawnImages drawn = AttentionImages(small_range(), quick(method)).draw(test::small_transformer(2), 6, 1, {});
    EXPECT_EQ(drawn.count, 6);
    EXPECT_EQ(drawn.values.size(), 6U * 3 * 16 * 16);
    EXPECT_EQ(drawn.labels.size(), method == AttentionMethod::psaq_v2 ? 0U : 6U);
    ASSERT_EQ(drawn.losses.size(), 25U);
    EXPECT_LT(drawn.losses.back(), drawn.losses.front());
    const auto [low, high] = std::minmax_element(drawn.values.begin(), drawn.values.end());
    EXPECT_GE(*low, -2);
    EXPECT_LE(*high, 2);
  }
}

TEST(AttentionImages, PatchesDifferMoreThanInNoise) {
  const Graph graph = test::small_transformer(3);
  for (const bool closed_form : {true, false}) {
    AttentionImageOptions options = quick(AttentionMethod::psaq);
    options.closed_form = closed_form;
    options.variation_weight = 0;
    AttentionImageOptions none = options;
    none.entropy_weight = 0;
    const double with = entropy_of(AttentionImages(small_range(), options).draw(graph, 4, 1, {}), graph);
    EXPECT_GT(with, entropy_of(AttentionImages(small_range(), none).draw(graph, 4, 1, {}), graph));
  }
}

TEST(AttentionImages, SeedDecidesAndThreadsDoNot) {
  const Graph graph = test::small_transformer(4, 1);
  for (const AttentionMethod method : kAll) {
    AttentionImageOptions options = quick(method);
    options.steps = 3;
    const DrawnImages one = AttentionImages(small_range(), options).draw(graph, 10, 1, {});
    options.threads = 3;
    EXPECT_EQ(one.values, AttentionImages(small_range(), options).draw(graph, 10, 1, {}).values);
    EXPECT_NE(one.values, AttentionImages(small_range(), options).draw(graph, 10, 2, {}).values);
  }
}

TEST(AttentionImages, RefusesNetworksWithoutAttention) {
  test::Random random(1);
  const Graph graph = test::random_graph(random);
  EXPECT_THROW(AttentionImages({std::vector<float>(4, -2), std::vector<float>(4, 2)}, {}).draw(graph, 1, 1, {}),
               ModelError);
  EXPECT_THROW(AttentionImages(small_range(), {.steps = 0}), std::invalid_argument);
  EXPECT_THROW(AttentionImages(small_range(), {}).draw(test::small_transformer(1), 0, 1, {}), std::invalid_argument);
}

TEST(AttentionPriors, AreSmoothMixturesWithAMeanOfOne) {
  Random random(1, {});
  const at::Tensor priors = draw_attention_priors(50, 14, 10, random);
  EXPECT_EQ(priors.sizes(), (at::IntArrayRef{50, 140}));
  EXPECT_LT((priors.mean(1) - 1).abs().max().item().toDouble(), 1e-5);
  EXPECT_GE(priors.min().item().toDouble(), 0);
  EXPECT_GT(priors.max().item().toDouble(), 2);
}

TEST(AttentionPriors, LossIsNoneWhereAttentionFollows) {
  Random random(2, {});
  const at::Tensor priors = draw_attention_priors(3, 4, 4, random);
  at::Tensor weights = at::full({3, 2, 17, 17}, 1.0 / 17);
  // The class token's row: half to itself, half as the prior says.
  weights.select(2, 0).slice(2, 1).copy_((priors / 32).unsqueeze(1).expand({3, 2, 16}));
  EXPECT_LT(attention_prior_loss(weights, 1, priors).item().toDouble(), 1e-10);
  EXPECT_GT(attention_prior_loss(weights.flip({3}), 1, priors).item().toDouble(), 1e-3);
}

TEST(SoftLabels, ClassAskedForIsTheLargest) {
  Random random(3, {});
  const at::Tensor asked = at::arange(10, at::kLong), labels = draw_soft_labels(asked, 10, random);
  EXPECT_TRUE(labels.argmax(1).equal(asked));
  EXPECT_LT((labels.sum(1) - 1).abs().max().item().toDouble(), 1e-5);
  EXPECT_LT(labels.max().item().toDouble(), 1);
}

}  // namespace
}  // namespace flashcell::quant
