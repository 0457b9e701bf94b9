#include "quant_models/synthesize/dead_leaves.hpp"

#include <ATen/ops/fft_fft2.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "quant_models/synthesize/leaf_images.hpp"
#include "tests/quant_models/synthesize/small_network.hpp"

namespace flashcell::quant {
namespace {

at::Tensor drawn(at::IntArrayRef shape, uint64_t seed) {
  Random random(seed, {});
  return dead_leaves(shape, random);
}

/// Mean power of the waves from `low` to below `high` periods an image.
double power_between(const at::Tensor& images, double low, double high) {
  const at::Tensor power = at::abs(at::fft_fft2(images)).square().mean(at::IntArrayRef({0, 1}));
  const int64_t side = power.size(0);
  double sum = 0;
  int64_t waves = 0;
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x) {
      const auto row = static_cast<double>(std::min(y, side - y)), column = static_cast<double>(std::min(x, side - x));
      const double periods = std::hypot(row, column);
      if (periods < low || periods >= high) continue;
      sum += power[y][x].item<double>();
      ++waves;
    }
  }
  return sum / static_cast<double>(waves);
}

TEST(DeadLeaves, HaveThePowerOfPhotographs) {
  const at::Tensor images = drawn({24, 3, 64, 64}, 1);
  EXPECT_NEAR(images.mean().item<double>(), 0, 1e-4);
  EXPECT_NEAR(images.square().mean().item<double>(), 1, 1e-4);
  // Over two octaves; falling with the square of the frequency would be 2.
  const double exponent = std::log2(power_between(images, 2, 4) / power_between(images, 8, 16)) / 2;
  EXPECT_GT(exponent, 1.4);
  EXPECT_LT(exponent, 2.8);
}

TEST(DeadLeaves, ChannelsGoTogether) {
  const at::Tensor images = drawn({24, 3, 48, 32}, 2);
  const at::Tensor red = images.select(1, 0), green = images.select(1, 1);
  const double together = ((red - red.mean()) * (green - green.mean())).mean().item<double>();
  EXPECT_GT(together / std::sqrt(red.var().item<double>() * green.var().item<double>()), 0.7);
}

TEST(DeadLeaves, DependOnTheSeedAndAreAllDifferent) {
  const at::Tensor images = drawn({4, 1, 20, 30}, 3);
  EXPECT_TRUE(images.equal(drawn({4, 1, 20, 30}, 3)));
  EXPECT_FALSE(images.equal(drawn({4, 1, 20, 30}, 4)));
  for (int64_t i = 1; i < 4; ++i) EXPECT_FALSE(images[i].equal(images[0]));
}

TEST(DeadLeaves, AnySizeWillDo) {
  for (const int64_t side : {1, 2, 7})
    EXPECT_TRUE(drawn({2, 2, side, 3 * side}, 5).isfinite().all().item<bool>()) << side;
}

TEST(LeafImages, LieInTheRangeAndFollowTheSeed) {
  const Graph graph = test::small_network(1);
  InputRange range;
  range.low = {-1, 0, 0};
  range.high = {1, 0.5F, 2};
  const LeafImages source(range);
  const DrawnImages a = source.draw(graph, 20, 7, {});
  const size_t plane = test::kSide * test::kSide;
  ASSERT_EQ(a.count, 20);
  ASSERT_EQ(a.values.size(), 20 * 3 * plane);
  for (size_t i = 0; i < a.values.size(); ++i) {
    const size_t channel = i / plane % 3;
    ASSERT_GE(a.values[i], range.low[channel]);
    ASSERT_LE(a.values[i], range.high[channel]);
  }
  EXPECT_EQ(source.draw(graph, 20, 7, {}).values, a.values);
  EXPECT_NE(source.draw(graph, 20, 8, {}).values, a.values);
  // Each picture is one of its own, whatever else is drawn.
  const DrawnImages few = source.draw(graph, 3, 7, {});
  EXPECT_TRUE(std::equal(few.values.begin(), few.values.end(), a.values.begin()));
  EXPECT_THROW(source.draw(graph, 0, 1, {}), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
