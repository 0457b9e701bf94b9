#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/random.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

TEST(LogSqrt2, LevelsHalveEveryTwoIntegers) {
  for (int bits = kMinBits; bits <= kMostLogBits; ++bits)
    for (const bool narrow : {false, true}) {
      const Quantization q = log_sqrt2_quantization(bits, 0.75F, narrow);
      EXPECT_STREQ(find_fault(q, 1), "");
      EXPECT_EQ(q.highest(), (1 << bits) - (narrow ? 1 : 0));
      EXPECT_EQ(dequantize_log_sqrt2(q.highest(), 0.75F, q.highest()), 0);
      for (int integer = 0; integer < q.highest(); ++integer) {
        const float level = dequantize_log_sqrt2(integer, 0.75F, q.highest());
        EXPECT_NEAR(level / (0.75 * std::exp2(-integer / 2.0)), 1, 1e-6);
        EXPECT_EQ(quantize_log_sqrt2(level, 0.75F, q.highest()), integer);
      }
    }
}

TEST(LogSqrt2, IntegerIsTheRoundedLogarithm) {
  Random random(1, {});
  for (int i = 0; i < 20000; ++i) {
    const auto x = static_cast<float>(std::exp2(random.uniform(-150, 3)));
    const auto scale = static_cast<float>(random.uniform(0.1, 2));
    const double exact = -2 * std::log2(static_cast<double>(x) / static_cast<double>(scale));
    if (std::abs(exact - std::floor(exact) - 0.5) < 1e-9) continue;
    const double expected = std::clamp(std::round(exact), 0.0, 256.0);
    ASSERT_EQ(quantize_log_sqrt2(x, scale, 256), expected) << x << " " << scale;
  }
  for (const float x : {0.0F, -0.0F, -1.0F, -std::numeric_limits<float>::infinity(), NAN})
    EXPECT_EQ(quantize_log_sqrt2(x, 1, 16), 16) << x;
  EXPECT_EQ(quantize_log_sqrt2(std::numeric_limits<float>::infinity(), 1, 16), 0);
  EXPECT_EQ(quantize_log_sqrt2(std::numeric_limits<float>::denorm_min(), 1, 256), 256);
}

TEST(LogSqrt2, FakeQuantizedIsTheIntegersAndBack) {
  test::Random random(2);
  const Tensor x = test::random_tensor({2, 3, 50}, random, -0.1F, 1.5F);
  Quantization q = log_sqrt2_quantization(4, 1, true);
  q.axis = 1;
  q.scale = {1, 0.5F, 1.25F};
  q.zero_point = {0, 0, 0};
  Tensor fake = x;
  fake_quantize(fake.values, fake.shape, q);
  EXPECT_EQ(dequantize(quantize(x, q), x.shape, q), fake);
  Tensor twice = fake;
  fake_quantize(twice.values, twice.shape, q);
  EXPECT_EQ(twice, fake);
  EXPECT_NE(fake, x);
}

TEST(LogSqrt2, FaultsAreNamed) {
  Quantization q = log_sqrt2_quantization(4, 1, false);
  q.zero_point = {1};
  EXPECT_STREQ(find_fault(q, 1), "log sqrt 2 has no zero point");
  EXPECT_STRNE(find_fault(log_sqrt2_quantization(9, 1, false), 1), "");
  EXPECT_STRNE(find_fault(log_sqrt2_quantization(4, 0, false), 1), "");
  q = log_sqrt2_quantization(4, 1, false);
  q.is_signed = true;
  EXPECT_STRNE(find_fault(q, 1), "");
  EXPECT_EQ(canonical(log_sqrt2_quantization(1, 1, false)), log_sqrt2_quantization(1, 1, false));
}

// What the authors' own quantizer makes of numbers as they are behind a softmax.
TEST(LogSqrt2, AsRepqsAuthors) {
  const std::filesystem::path file = test::data_dir() / "../vectors/repq/repq_vectors.npz";
  FLASHCELL_NEEDS_FILE(file);
  const auto arrays = read_npz(file.string());
  for (const int bits : {3, 4, 6, 8}) {
    const std::string name = "ls_b" + std::to_string(bits) + "_";
    const Tensor x = arrays.at(name + "x").tensor(), expected = arrays.at(name + "dq").tensor();
    const auto delta = static_cast<float>(arrays.at(name + "delta").numbers().at(0));
    Tensor ours = x;
    fake_quantize(ours.values, ours.shape, log_sqrt2_quantization(bits, delta, false));
    for (size_t i = 0; i < x.values.size(); ++i)
      ASSERT_NEAR(ours.values[i], expected.values[i], 1e-6F * expected.values[i]) << bits << " bits, " << i;
  }
}

}  // namespace
}  // namespace flashcell::quant
