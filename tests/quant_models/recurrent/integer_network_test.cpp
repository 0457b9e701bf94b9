#include "quant_models/recurrent/integer_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "quant_models/recurrent/integer_kernels.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::quant {
namespace {

std::vector<int16_t> numbers16(Random& random, size_t count) {
  std::vector<int16_t> numbers(padded_integers(count) + kIntegersTogether);
  for (int16_t& x : numbers) x = static_cast<int16_t>(random.below(65536) - 32768);
  return numbers;
}

int32_t saturated(int64_t x) {
  return static_cast<int32_t>(std::clamp<int64_t>(x, INT16_MIN, INT16_MAX));
}

/// One unit, as the header of GateTable and IntegerUnits say it, number by number.
struct PlainUnit {
  GateTable sigmoid{GateTable::Function::sigmoid}, tanh{GateTable::Function::tanh};
  int32_t output = 0, memory = 0;

  void step(const int16_t* a, const int16_t* b, size_t hidden, int32_t before, const int32_t* threshold) {
    const auto sum = [](int32_t x) { return static_cast<int16_t>(saturated(x)); };
    const int32_t z = sigmoid(sum(a[0] + b[0])), r = sigmoid(sum(a[hidden] + b[hidden]));
    const int32_t g = tanh(sum(a[2 * hidden] + ((r * b[2 * hidden] + (1 << 14)) >> 15)));
    const int32_t c = (z * before + ((1 << 15) - z) * g + (1 << 14)) >> 15;
    const bool speaks = threshold == nullptr || c > *threshold;
    output = speaks ? saturated(c) : 0;
    memory = saturated(threshold != nullptr && speaks ? c - *threshold : c);
  }
};

TEST(IntegerKernels, UnitsAreThePlainOnesForEveryWidth) {
  Random random(3, {});
  for (const size_t hidden : {1UL, 17UL, 64UL, 85UL}) {
    const std::vector<int16_t> a = numbers16(random, 3 * hidden), b = numbers16(random, 3 * hidden),
                               before = numbers16(random, hidden);
    std::vector<int32_t> thresholds(before.size());
    for (int32_t& t : thresholds) t = static_cast<int32_t>(random.below(32768));
    const PlainUnit tables;
    test::for_each_simd_target([&](const char* target) {
      for (const bool gru : {true, false}) {
        const int32_t* limits = gru ? nullptr : thresholds.data();
        std::vector<int16_t> memory = before, output(before.size());
        step_integer_units(
            {a.data(), b.data(), tables.sigmoid.knots(), tables.tanh.knots(), limits, memory.data(), output.data()},
            hidden);
        PlainUnit plain;
        for (size_t u = 0; u < hidden; ++u) {
          plain.step(&a[u], &b[u], hidden, before[u], gru ? nullptr : limits + u);
          ASSERT_EQ(output[u], plain.output) << target << " " << hidden << " " << u;
          ASSERT_EQ(memory[u], plain.memory) << target << " " << hidden << " " << u;
        }
      }
    });
  }
}

TEST(IntegerKernels, SumsAreScaledInWholeNumbersForEveryWidth) {
  Random random(4, {});
  constexpr size_t kCount = kIntegersTogether * 4;
  std::vector<int32_t> sums(kCount), factors(kCount), shifts(kCount), biases(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    sums[i] = static_cast<int32_t>(static_cast<uint32_t>(random.below(uint64_t{1} << 32)) >> random.below(31));
    if (i % 2 == 0) sums[i] = -sums[i];
    factors[i] = static_cast<int32_t>(random.below(65537));
    shifts[i] = static_cast<int32_t>(1 + random.below(62));
    biases[i] = static_cast<int32_t>(random.below(65536)) - 32768;
  }
  sums[0] = INT32_MIN, factors[0] = 65536, shifts[0] = 1, biases[0] = INT16_MAX;
  sums[1] = INT32_MAX, factors[1] = 65536, shifts[1] = 1, biases[1] = INT16_MIN;
  test::for_each_simd_target([&](const char* target) {
    std::vector<int16_t> values(kCount);
    rescale_sums(sums.data(), {factors.data(), shifts.data(), biases.data()}, kCount, values.data());
    for (size_t i = 0; i < kCount; ++i) {
      const int64_t half = int64_t{1} << (shifts[i] - 1);
      const int64_t value = (int64_t{sums[i]} * factors[i] + half) >> shifts[i];
      ASSERT_EQ(values[i], saturated(value + biases[i])) << target << " " << i;
    }
  });
}

// Sparse and dense weights; all rows as large as they may be.
TEST(IntegerProduct, SumsAreExactForEveryWidth) {
  Random random(5, {});
  constexpr int kColumns = 1000;
  constexpr size_t kRows = 70;
  for (const double zeros : {0.0, 0.9}) {
    std::vector<float> weights = test::random_numbers<float>(random, kRows * kColumns, 1, zeros);
    std::fill_n(weights.begin(), kColumns, 0.5F);
    const IntegerProduct product(weights, kColumns, 1);
    std::vector<int16_t> in(kColumns);
    std::vector<uint32_t> events;
    for (uint32_t i = 0; i < kColumns; ++i) {
      in[i] = i % 3 == 0 ? int16_t{0} : static_cast<int16_t>(random.below(65536) - 32768);
      if (in[i] != 0) events.push_back(i);
    }
    test::for_each_simd_target([&](const char* target) {
      std::vector<int32_t> sums(product.padded_rows());
      product.multiply(in, events, sums.data());
      for (size_t row = 0; row < kRows; ++row) {
        int64_t sum = 0;
        for (const uint32_t i : events)
          sum += std::llround(double{weights[row * kColumns + i]} / product.scale(row)) * in[i];
        ASSERT_EQ(sums[row], sum) << target << " " << row;
      }
    });
  }
}

TEST(IntegerProduct, NoSumLeavesThirtyTwoBits) {
  constexpr int kColumns = 2000;
  const IntegerProduct product(std::vector<float>(kColumns, -3.0F), kColumns, 1);
  const std::vector<int16_t> in(kColumns, INT16_MIN);
  std::vector<uint32_t> events(kColumns);
  for (uint32_t i = 0; i < kColumns; ++i) events[i] = i;
  std::vector<int32_t> sums(product.padded_rows());
  product.multiply(in, events, sums.data());
  const double real = 3.0 * 32768 * kColumns;
  EXPECT_NEAR(sums[0] * product.scale(0), real, 0.03 * real);
}

TEST(IntegerNetwork, WorkOnEventsAloneGivesTheSameBytes) {
  const RecurrentNetwork network = test::with_all_read(test::random_network(Cell::egru, {19, 70, 19}, 101, 5, 0.6), 7);
  IntegerNetwork events(network), all(network);
  all.work_on_zeros(true);
  Random random(6, {});
  for (int t = 0; t < 30; ++t) {
    const uint64_t word = random.below(101);
    events.step_word(word);
    all.step_word(word);
    for (size_t l = 0; l < 2; ++l) {
      ASSERT_TRUE(std::equal(events.output(l).begin(), events.output(l).end(), all.output(l).begin()));
      ASSERT_TRUE(std::equal(events.memory(l).begin(), events.memory(l).end(), all.memory(l).begin()));
    }
    ASSERT_TRUE(std::equal(events.decode().begin(), events.decode().end(), all.decode().begin()));
  }
}

// A GRU has no thresholds at which a rounding error becomes an event: states stay close.
TEST(IntegerNetwork, StaysCloseToRealNumbers) {
  const RecurrentNetwork network = test::with_all_read(test::random_network(Cell::gru, {19, 40, 19}, 50, 8), 7);
  IntegerNetwork integers(network);
  NetworkState real(network);
  std::vector<float> logits(50);
  double of_logits = 0;
  Random random(6, {});
  double error = 0;
  for (int t = 0; t < 40; ++t) {
    const uint64_t word = random.below(50);
    integers.step_word(word);
    step(network, network.embedded(word), real);
    for (size_t u = 0; u < 40; ++u)
      error = std::max(error, std::abs(integers.output(0)[u] / 32768.0 - real.layers[0].output[u]));
    decode(network, real, logits);
    const std::span<const float> rounded = integers.decode();
    for (size_t i = 0; i < 50; ++i) of_logits = std::max(of_logits, std::abs(double{rounded[i]} - double{logits[i]}));
  }
  EXPECT_LT(error, 0.05);
  EXPECT_LT(of_logits, 0.5);  // of numbers up to about 15
}

TEST(IntegerNetwork, TablesAreAccurate) {
  const GateTable sigmoid(GateTable::Function::sigmoid), tanh(GateTable::Function::tanh);
  for (int x = INT16_MIN; x <= INT16_MAX; ++x) {
    const double real = x / 2048.0;
    ASSERT_NEAR(sigmoid(static_cast<int16_t>(x)), std::min(32768 / (1 + std::exp(-real)), 32767.0), 3) << x;
    ASSERT_NEAR(tanh(static_cast<int16_t>(x)), std::min(32768 * std::tanh(real), 32767.0), 14) << x;
  }
}

}  // namespace
}  // namespace flashcell::quant
