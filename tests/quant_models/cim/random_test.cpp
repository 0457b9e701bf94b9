#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "quant_models/cim/counter_random.hpp"
#include "quant_models/cim/rectified.hpp"
#include "quant_models/random.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::quant::cim {
namespace {

// Known answers that the authors of Philox publish (Random123, kat_vectors: philox2x32, 10 rounds).
TEST(CounterRandom, KnownAnswers) {
  EXPECT_EQ(philox(0, 0), 0x6cd10df2ff1dae59U);
  EXPECT_EQ(philox(0xffffffffffffffffU, 0xffffffffU), 0xab4fd7ad2c3f628bU);
  EXPECT_EQ(philox(0x85a308d3243f6a88U, 0x13198a2eU), 0xf62a4c12dd7ce038U);
}

std::vector<float> normals_of(uint32_t key, uint64_t first, size_t count) {
  std::vector<float> numbers(count);
  normals(key, first, numbers);
  return numbers;
}

TEST(CounterRandom, ANumberDependsOnItsPlaceAlone) {
  const std::vector<float> all = normals_of(9, 0, 1000);
  for (const size_t first : {2U, 64U, 130U, 998U}) {
    const std::vector<float> part = normals_of(9, first, 1000 - first);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + static_cast<ptrdiff_t>(first)));
  }
  EXPECT_NE(normals_of(10, 0, 1000), all);
  EXPECT_NE(stream_key(1, 2), stream_key(1, 3));
  EXPECT_NE(stream_key(1, 2), stream_key(2, 2));
}

TEST(CounterRandom, TheSameBytesOnEveryInstructionSet) {
  const std::vector<float> expected = normals_of(3, 10, 777);
  test::for_each_simd_target([&](const char* target) { EXPECT_EQ(normals_of(3, 10, 777), expected) << target; });
}

// Kolmogorov and Smirnov's distance to a distribution.
template <class Distribution>
double distance(std::vector<float> numbers, Distribution distribution) {
  std::sort(numbers.begin(), numbers.end());
  double most = 0;
  const auto count = static_cast<double>(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const double p = distribution(numbers[i]);
    most = std::max({most, p - static_cast<double>(i) / count, static_cast<double>(i + 1) / count - p});
  }
  return most;
}

TEST(CounterRandom, NormalAndUniform) {
  constexpr size_t kCount = 200000;
  const double limit = 1.95 / std::sqrt(static_cast<double>(kCount));  // exceeded once in a thousand seeds
  EXPECT_LT(distance(normals_of(4, 0, kCount), [](double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }),
            limit);
  std::vector<float> flat(kCount);
  uniforms(4, 0, flat);
  EXPECT_LT(distance(flat, [](double x) { return (x + 1) / 2; }), limit);
}

TEST(Rectified, MomentsOfDraws) {
  EXPECT_NEAR(rectified_normal(0, 2).mean, 0.3989423 * 2, 1e-6);
  EXPECT_NEAR(rectified_normal(0, 2).variance, 0.3408451 * 4, 1e-6);
  for (const double mean : {-1.0, 0.0, 0.3, 1.0, 5.0}) {
    double normal = 0, normal2 = 0, uniform = 0, uniform2 = 0;
    Random random(8, {});
    constexpr int kCount = 200000;
    for (int i = 0; i < kCount; ++i) {
      const double a = std::max(0.0, mean + random.normal());
      const double b = std::max(0.0, mean + random.uniform(-std::numbers::sqrt3, std::numbers::sqrt3));
      normal += a;
      normal2 += a * a;
      uniform += b;
      uniform2 += b * b;
    }
    const auto expect = [&](const Moments& m, double sum, double squares) {
      EXPECT_NEAR(m.mean, sum / kCount, 0.01) << mean;
      EXPECT_NEAR(m.variance, squares / kCount - sum / kCount * (sum / kCount), 0.02) << mean;
    };
    expect(rectified_normal(mean, 1), normal, normal2);
    expect(rectified_uniform(mean, 1), uniform, uniform2);
  }
}

}  // namespace
}  // namespace flashcell::quant::cim
