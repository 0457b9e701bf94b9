// Vectors of fake quantization and its gradients against the rule number by number.
#include "quant_models/tensor/fake_quantize_vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "quant_models/random.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::quant {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Numbers in and beyond the range, halves of a step and their neighbours among them.
std::vector<float> numbers(int64_t count, const QuantizationSteps& steps) {
  Random random(3, {static_cast<uint64_t>(count)});
  std::vector<float> all;
  for (int64_t i = 0; i < count; ++i) {
    const double integer = random.uniform(steps.lowest - 3.0, steps.highest + 3.0);
    const float half = steps.scale * (static_cast<float>(std::floor(integer)) + 0.5F);
    const float kinds[] = {steps.scale * static_cast<float>(integer), half, std::nextafter(half, 0.0F), half * 1e12F};
    all.push_back(kinds[i % 4]);
  }
  return all;
}

class FakeQuantizeVectors : public testing::TestWithParam<QuantizationSteps> {};

TEST_P(FakeQuantizeVectors, StoresAsTheRuleSays) {
  const QuantizationSteps& steps = GetParam();
  const auto low = static_cast<int32_t>(steps.lowest), high = static_cast<int32_t>(steps.highest);
  test::for_each_simd_target([&](const char*) {
    for (const int64_t count : {0, 1, 15, 16, 17, 5000}) {
      const std::vector<float> in = numbers(count, steps);
      std::vector<float> out(in.size());
      fake_quantize(in.data(), count, steps, out.data());
      for (size_t i = 0; i < in.size(); ++i)
        ASSERT_EQ(out[i], dequantize(quantize(in[i], steps.scale, 0, low, high), steps.scale, 0)) << in[i];
    }
  });
}

TEST_P(FakeQuantizeVectors, GradientsAreTheRulesSums) {
  const QuantizationSteps& steps = GetParam();
  std::vector<double> found;
  test::for_each_simd_target([&](const char*) {
    const int64_t count = 9001;
    const std::vector<float> in = numbers(count, steps);
    std::vector<float> of_out, of_in(in.size(), kNan);
    Random random(4, {});
    for (int64_t i = 0; i < count; ++i) of_out.push_back(static_cast<float>(random.uniform(-1, 1)));
    double sum = 0, size = 0;
    std::vector<float> wanted;
    for (size_t i = 0; i < in.size(); ++i) {
      const float ratio = in[i] / steps.scale, integer = round_half_up(ratio);
      const bool inside = integer >= steps.lowest && integer <= steps.highest;
      wanted.push_back(inside ? of_out[i] : 0);
      const float bound = integer < steps.lowest ? steps.lowest : steps.highest;
      const double slope = inside ? static_cast<double>(integer) - static_cast<double>(ratio) : bound;
      sum += static_cast<double>(of_out[i]) * slope;
      size += std::abs(static_cast<double>(of_out[i]) * slope);
    }
    const double of_scale = fake_quantize_gradients(in.data(), of_out.data(), count, steps, of_in.data());
    EXPECT_EQ(of_in, wanted);
    EXPECT_NEAR(of_scale, sum, 1e-6 * size);
    found.push_back(of_scale);
  });
  for (const double each : found) EXPECT_EQ(each, found[0]);
}

INSTANTIATE_TEST_SUITE_P(Ranges, FakeQuantizeVectors,
                         testing::Values(QuantizationSteps{0.037F, 0, 7}, QuantizationSteps{1.3F, -3, 3},
                                         QuantizationSteps{2e-4F, -32768, 32767}, QuantizationSteps{0.25F, -5, 250}));

TEST(FakeQuantizeVectorsOf, NotANumberStays) {
  const std::vector<float> in(20, kNan);
  std::vector<float> out(20);
  test::for_each_simd_target([&](const char*) {
    fake_quantize(in.data(), 20, {0.5F, 0, 15}, out.data());
    for (const float x : out) EXPECT_TRUE(std::isnan(x));
  });
}

}  // namespace
}  // namespace flashcell::quant
