#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quant_models/model_error.hpp"
#include "quant_models/synthesize/image_files.hpp"
#include "quant_models/synthesize/noise.hpp"
#include "tests/quant_models/synthesize/small_network.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Preprocessing colour() {
  Preprocessing p;
  p.channels = Preprocessing::Channels::rgb;
  p.mean = {127.5F, 100, 0};
  p.factor = {1 / 127.5F, 0.01F, 1 / 255.0F};
  return p;
}

TEST(InputRange, IsWhatPixelsBecome) {
  const InputRange range = input_range(colour(), {1, 3, 8, 8});
  EXPECT_FLOAT_EQ(range.low[0], -1);
  EXPECT_FLOAT_EQ(range.high[0], 1);
  EXPECT_FLOAT_EQ(range.low[1], -1);
  EXPECT_FLOAT_EQ(range.high[1], 1.55F);
  EXPECT_FLOAT_EQ(range.centre(2), 0.5F);
  EXPECT_FLOAT_EQ(range.spread(2), 0.25F);
  EXPECT_THAT([] { input_range(colour(), {1, 1, 8, 8}); }, ThrowsMessage<ModelError>(HasSubstr("1 channels")));
  EXPECT_THAT([] { input_range(colour(), {1, 10}); }, ThrowsMessage<ModelError>(HasSubstr("no image")));
}

TEST(NoiseImages, LiesInTheRangeAndFollowsItsSeed) {
  const Graph graph = test::small_network(1);
  const NoiseImages source(input_range(colour(), {1, 3, test::kSide, test::kSide}));
  const DrawnImages a = source.draw(graph, 20, 7, {});
  ASSERT_EQ(a.count, 20);
  ASSERT_EQ(a.values.size(), 20U * 3 * test::kSide * test::kSide);
  EXPECT_EQ(source.draw(graph, 20, 7, {}).values, a.values);
  EXPECT_NE(source.draw(graph, 20, 8, {}).values, a.values);
  double sum = 0;
  for (size_t i = 0; i < a.values.size(); ++i) {
    const size_t channel = i / (test::kSide * test::kSide) % 3;
    if (channel != 0) continue;
    EXPECT_GE(a.values[i], -1);
    EXPECT_LE(a.values[i], 1);
    sum += static_cast<double>(a.values[i]);
  }
  EXPECT_NEAR(sum / (20 * test::kSide * test::kSide), 0, 0.03);
  EXPECT_THROW(source.draw(graph, 0, 1, {}), std::invalid_argument);
}

TEST(ImageFiles, GivesWhatThereIs) {
  FLASHCELL_NEEDS_DATA("cifar10/test_prefix.bin");
  Graph graph;
  graph.add_output("out", graph.add("image", Input{{1, 3, 32, 32}}));
  const ImageFiles source((flashcell::test::data_dir() / "cifar10/test_prefix.bin").string(), colour());
  EXPECT_EQ(source.draw(graph, 10, 1, {}).count, 10);
  const DrawnImages all = source.draw(graph, 5000, 1, {});
  EXPECT_EQ(all.count, 1017);
  EXPECT_EQ(all.values.size(), 1017U * 3072);
}

}  // namespace
}  // namespace flashcell::quant
