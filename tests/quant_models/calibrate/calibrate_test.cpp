// Calibrators against brute force over the numbers themselves, and arithmetic against tables and outputs of others.
#include "quant_models/calibrate/calibrator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using ::testing::ElementsAre;

/// Heavy-tailed numbers, as networks have them; rectified where `positive`.
std::vector<float> samples(unsigned seed, bool positive, size_t count = 20000) {
  std::mt19937 random(seed);
  std::vector<float> numbers(count);
  for (float& x : numbers) {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += static_cast<double>(random()) / 4294967296.0 - 0.5;
    x = static_cast<float>(sum * std::exp(2 * static_cast<double>(random()) / 4294967296.0));
    if (positive) x = std::max(x, 0.0F);
  }
  return numbers;
}

/// Rounding examples of the QONNX IntQuant specification's table of modes (column "half up").
TEST(FakeQuantize, RoundsHalvesUp) {
  for (const auto& [x, rounded] : {std::pair(5.5F, 6.0F),
                                   {2.5F, 3.0F},
                                   {1.6F, 2.0F},
                                   {1.1F, 1.0F},
                                   {1.0F, 1.0F},
                                   {-1.0F, -1.0F},
                                   {-1.1F, -1.0F},
                                   {-1.6F, -2.0F},
                                   {-2.5F, -2.0F},
                                   {-5.5F, -5.0F}})
    EXPECT_EQ(round_half_up(x), rounded) << x;
  EXPECT_EQ(round_half_up(0.49999997F), 0);
  EXPECT_EQ(round_half_up(-0.50000006F), -1);
  EXPECT_EQ(round_half_up(8388609.0F), 8388609.0F);
  EXPECT_TRUE(std::isnan(round_half_up(NAN)));
}

TEST(FakeQuantize, EqualsTheKernelsShift) {
  // (n + 2^(e-1)) >> e of whole numbers is round_half_up(n / 2^e).
  for (int e = 1; e < 6; ++e)
    for (int n = -200; n <= 200; ++n)
      EXPECT_EQ(round_half_up(static_cast<float>(n) / static_cast<float>(1 << e)), (n + (1 << (e - 1))) >> e);
}

TEST(FakeQuantize, RangesOfBits) {
  for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
    const int half = 1 << (bits - 1);
    EXPECT_STREQ(find_fault(weight_quantization(bits, {1}), 1), bits > 1 ? "" : "a narrow range of 1 bit holds 0 only");
    EXPECT_EQ(weight_quantization(bits, {1}).lowest(), -half + 1);
    EXPECT_EQ(weight_quantization(bits, {1}).highest(), half - 1);
    EXPECT_EQ(signed_quantization(bits, 1).lowest(), -half);
    EXPECT_EQ(unsigned_quantization(bits, 1).highest(), 2 * half - 1);
    EXPECT_EQ(quantize(1e30F, 1, 0, -half, half - 1), half - 1);
    EXPECT_EQ(quantize(-1e30F, 1, 0, -half, half - 1), -half);
    EXPECT_EQ(quantize(NAN, 1, 0, -half, half - 1), -half);
  }
}

TEST(FakeQuantize, IsTheIntegersAndBack) {
  std::vector<float> numbers = samples(1, false, 600);
  numbers.insert(numbers.end(), {0, -0.0F, 1e30F, -1e30F});
  numbers.resize(600);
  Quantization q{4, true, false, 1, {0.1F, 0.25F, 0.03F}, {0, 2, -3}};
  const Shape shape = {2, 3, 100};
  std::vector<float> fake = numbers;
  fake_quantize(fake, shape, q);
  const std::vector<int32_t> integers = quantize(Tensor{shape, numbers}, q);
  EXPECT_EQ(dequantize(integers, shape, q).values, fake);
  for (size_t i = 0; i < 600; ++i) {
    const size_t c = i / 100 % 3;
    const double real = std::floor(static_cast<double>(numbers[i] / q.scale[c]) + 0.5) + q.zero_point[c];
    EXPECT_EQ(integers[i], static_cast<int>(std::clamp(real, -8.0, 7.0)));
  }
  const std::vector<float> once = fake;
  fake_quantize(fake, shape, q);
  EXPECT_EQ(fake, once);
}

/// GDFQ's asymmetric min-max quantizer of activations (one scale) and weights (one scale for each output channel).
TEST(Calibrate, AsymmetricMinMaxGivesGdfqsNumbers) {
  const std::filesystem::path file = test::data_dir() / "../vectors/gdfq/gdfq_vectors.npz";
  FLASHCELL_NEEDS_FILE(file);
  const auto arrays = read_npz(file.string());
  for (const int bits : {3, 4, 5, 8}) {
    const std::string b = std::to_string(bits);
    const Tensor x = arrays.at("x" + b).tensor(), expected = arrays.at("xq" + b).tensor();
    const Statistics s = statistics_of(x.values);
    const Quantization q = calibrate(s, {.bits = bits, .symmetry = Symmetry::asymmetric});
    std::vector<float> ours = x.values;
    fake_quantize(ours, x.shape, q);
    for (size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], expected.values[i], 1e-5) << bits << " bits, " << i;
    const Tensor w = arrays.at("w" + b).tensor(), expected_weight = arrays.at("wq" + b).tensor();
    std::vector<float> weights = w.values;
    fake_quantize(weights, w.shape, calibrate_weights(w, {.bits = bits, .symmetry = Symmetry::asymmetric}));
    for (size_t i = 0; i < weights.size(); ++i)
      ASSERT_NEAR(weights[i], expected_weight.values[i], 1e-5) << bits << " bits, weight " << i;
  }
}

TEST(Calibrate, MinMaxCoversAll) {
  const std::vector<float> x = {-3, 1, 2}, y = {0, 1, 5};
  EXPECT_EQ(calibrate(statistics_of(x), {.bits = 4}), signed_quantization(4, 3.0F / 7));
  EXPECT_EQ(calibrate(statistics_of(y), {.bits = 4}), unsigned_quantization(4, 5.0F / 15));
  const Quantization q = calibrate(statistics_of(x), {.bits = 4, .symmetry = Symmetry::asymmetric});
  EXPECT_FLOAT_EQ(q.scale[0], 5.0F / 15);
  EXPECT_THAT(q.zero_point, ElementsAre(9));
  EXPECT_FALSE(q.is_signed);
  const std::vector<float> below = {-4, -2};
  const Quantization negative = calibrate(statistics_of(below), {.bits = 4, .symmetry = Symmetry::asymmetric});
  EXPECT_THAT(negative.zero_point, ElementsAre(15));
  const std::vector<float> zeros = {0, 0};
  for (const Calibrator c : {Calibrator::min_max, Calibrator::percentile, Calibrator::mse, Calibrator::entropy})
    EXPECT_EQ(calibrate(statistics_of(zeros), {.calibrator = c}), unsigned_quantization(8, 1));
}

TEST(Calibrate, PercentileIsThatOfSortedNumbers) {
  for (const bool positive : {false, true}) {
    std::vector<float> x = samples(2, positive);
    const Statistics s = statistics_of(x);
    for (float& each : x) each = std::abs(each);
    std::sort(x.begin(), x.end());
    for (const double p : {0.9, 0.99, 0.999, 1.0}) {
      const Quantization q = calibrate(s, {.bits = 8, .calibrator = Calibrator::percentile, .percentile = p});
      const double clip = static_cast<double>(q.scale[0]) * q.highest();
      const float exact = x[static_cast<size_t>(std::ceil(p * static_cast<double>(x.size()))) - 1];
      EXPECT_NEAR(clip, exact, 1.5 * s.width()) << positive << p;
    }
  }
  std::vector<float> x = samples(3, false);
  for (float& each : x) each += 0.2F;
  const Statistics s = statistics_of(x);
  std::sort(x.begin(), x.end());
  const Quantization q =
      calibrate(s, {.calibrator = Calibrator::percentile, .symmetry = Symmetry::asymmetric, .percentile = 0.98});
  EXPECT_NEAR(q.scale[0] * q.highest(), x[19799] - x[199], 3 * s.width());
}

double error_of(const std::vector<float>& x, const Quantization& q) {
  return mean_squared_error(x, q);
}

TEST(Calibrate, MseIsWithinAPercentOfBruteForce) {
  for (const bool positive : {false, true}) {
    const std::vector<float> x = samples(4, positive, 5000);
    const Statistics s = statistics_of(x);
    for (const int bits : {2, 3, 4, 6, 8}) {
      const Quantization q = calibrate(s, {.bits = bits, .calibrator = Calibrator::mse});
      double best = 1e9;
      for (int i = 1; i <= 300; ++i) {
        const auto scale = static_cast<float>(static_cast<double>(s.most()) * i / 300 / q.highest());
        best = std::min(best,
                        error_of(x, positive ? unsigned_quantization(bits, scale) : signed_quantization(bits, scale)));
      }
      EXPECT_LE(error_of(x, q), 1.02 * best) << positive << bits;
      EXPECT_LE(error_of(x, q), error_of(x, calibrate(s, {.bits = bits}))) << positive << bits;
    }
  }
}

/// The definition once more, from the numbers: integer by integer, each bin's share by counting.
double brute_divergence(const std::vector<float>& x, const Statistics& s, const Quantization& q) {
  constexpr int kBins = Statistics::kBins;
  std::vector<double> count(kBins, 0);
  for (const float each : x)
    count[static_cast<size_t>(std::min(kBins - 1, static_cast<int>((each - s.first()) / s.width())))] += 1;
  if (s.is_unsigned()) count[0] = count[1];
  double total = 0;
  for (const double c : count) total += c;
  const double low = (q.lowest() - 0.5) * q.scale[0], high = (q.highest() + 0.5) * q.scale[0];
  std::vector<double> real(kBins, 0), inside(kBins, 0), stored(kBins, 0);
  int first = 0, last = kBins - 1;
  while (s.first() + (first + 1) * s.width() <= low) ++first;
  while (s.first() + last * s.width() + s.width() / 2 > high) --last;
  double kept = 0;
  for (int b = 0; b < kBins; ++b) {
    real[static_cast<size_t>(std::clamp(b, first, last))] += count[static_cast<size_t>(b)] / total;
    if (b >= first && b <= last) kept += inside[static_cast<size_t>(b)] = count[static_cast<size_t>(b)];
  }
  std::vector<int> integers;
  for (int b = 0; b < kBins; ++b)
    integers.push_back(quantize(static_cast<float>(s.centre(b)), q.scale[0], 0, q.lowest(), q.highest()));
  const auto integer = [&](int b) { return integers[static_cast<size_t>(b)]; };
  for (int b = first; b <= last; ++b) {
    double mass = 0, bins = 0;
    for (int other = first; other <= last; ++other)
      if (integer(other) == integer(b) && inside[static_cast<size_t>(other)] > 0) {
        mass += inside[static_cast<size_t>(other)];
        bins += 1;
      }
    if (inside[static_cast<size_t>(b)] > 0) stored[static_cast<size_t>(b)] = mass / bins / kept;
  }
  double sum = 0;
  for (int b = first; b <= last; ++b)
    if (real[static_cast<size_t>(b)] > 0)
      sum += real[static_cast<size_t>(b)] *
             std::log(real[static_cast<size_t>(b)] / std::max(stored[static_cast<size_t>(b)], 1e-10));
  return sum;
}

TEST(Calibrate, EntropyHasTheLeastDivergence) {
  for (const bool positive : {false, true}) {
    const std::vector<float> x = samples(5, positive, 50000);
    const Statistics s = statistics_of(x);
    const Quantization q = calibrate(s, {.bits = 4, .calibrator = Calibrator::entropy});
    const double ours = brute_divergence(x, s, q);
    for (int i = 3; i <= 32; ++i) {
      const auto scale = static_cast<float>(static_cast<double>(s.most()) * i / 32 / q.highest());
      EXPECT_LE(ours, 1.01 * brute_divergence(
                                 x, s, positive ? unsigned_quantization(4, scale) : signed_quantization(4, scale)))
          << positive << " " << i;
    }
    EXPECT_LT(q.scale[0] * q.highest(), s.most());
  }
}

TEST(Calibrate, PowersOfTwoAreAtOrAboveTheScale) {
  const std::vector<float> x = samples(6, false);
  const Statistics s = statistics_of(x);
  const float scale = calibrate(s, {}).scale[0], power = calibrate(s, {.power_of_two = true}).scale[0];
  EXPECT_EQ(std::log2(power), std::round(std::log2(power)));
  EXPECT_GE(power, scale);
  EXPECT_LT(power, 2 * scale);
  const Quantization w =
      calibrate_weights({{4, 5000}, x}, {.bits = 4, .calibrator = Calibrator::mse, .power_of_two = true});
  for (const float each : w.scale) EXPECT_EQ(std::log2(each), std::round(std::log2(each)));
}

TEST(Calibrate, WeightsChannelByChannel) {
  const std::vector<float> x = samples(7, false, 4000);
  const Tensor weight = {{8, 500}, x};
  for (const int bits : {2, 4, 8}) {
    const Quantization all = calibrate_weights(weight, {.bits = bits});
    const Quantization least = calibrate_weights(weight, {.bits = bits, .calibrator = Calibrator::mse});
    ASSERT_EQ(all.scale.size(), 8U);
    for (size_t c = 0; c < 8; ++c) {
      const std::vector<float> channel(x.begin() + static_cast<ptrdiff_t>(500 * c),
                                       x.begin() + static_cast<ptrdiff_t>(500 * (c + 1)));
      float most = 0;
      for (const float each : channel) most = std::max(most, std::abs(each));
      EXPECT_FLOAT_EQ(all.scale[c], most / static_cast<float>((1 << (bits - 1)) - 1));
      double best = 1e9;
      for (int i = 100; i <= 1000; ++i) {
        const float scale = most * static_cast<float>(i) / 1000 / static_cast<float>((1 << (bits - 1)) - 1);
        best = std::min(best, error_of(channel, weight_quantization(bits, {scale})));
      }
      EXPECT_LE(error_of(channel, weight_quantization(bits, {least.scale[c]})), 1.05 * best) << bits << " " << c;
    }
    EXPECT_EQ(calibrate_weights(weight, {.bits = bits, .per_channel = false}).scale.size(), 1U);
  }
}

TEST(Calibrate, RefusesWhatItCannotUse) {
  EXPECT_THROW(statistics_of({}), std::invalid_argument);
  const std::vector<float> broken = {1, NAN};
  EXPECT_THROW(statistics_of(broken), ModelError);
  const std::vector<float> x = {1, 2};
  EXPECT_THROW(calibrate(statistics_of(x), {.bits = 1}), std::invalid_argument);
  EXPECT_THROW(calibrate(statistics_of(x), {.calibrator = Calibrator::percentile, .percentile = 0}),
               std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
