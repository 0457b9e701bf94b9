#include "quant_models/recurrent/event_network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "quant_models/recurrent/activity_count.hpp"
#include "quant_models/recurrent/integer_network.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::quant {
namespace {

bool same_bytes(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// Sparse, dense and half sparse weights; layers that do not fill vectors.
TEST(EventNetwork, GivesTheBytesOfThePlainSteps) {
  for (const Cell cell : {Cell::egru, Cell::gru, Cell::lstm}) {
    for (const double zeros : {0.0, 0.5, 0.95}) {
      RecurrentNetwork network = test::random_network(cell, {19, 70, 33, 19}, 101, 5, zeros);
      network.layers[1].zoneout = 0.25F;
      network.layers[0].input_biases[1] = -0.0F;
      test::for_each_simd_target([&](const char* target) {
        EventNetwork fast(network);
        NetworkState plain(network);
        std::vector<float> logits(101);
        Random random(6, {});
        for (int t = 0; t < 12; ++t) {
          const std::span<const float> in = network.embedded(random.below(101));
          fast.step(in);
          step(network, in, plain);
          for (size_t l = 0; l < network.layers.size(); ++l) {
            ASSERT_TRUE(same_bytes(fast.output(l), plain.layers[l].output)) << target << " " << t << " " << l;
            ASSERT_TRUE(same_bytes(fast.memory(l), plain.layers[l].memory)) << target << " " << t << " " << l;
          }
          decode(network, plain, logits);
          ASSERT_TRUE(same_bytes(fast.decode(), logits)) << target << " " << t;
        }
      });
    }
  }
}

TEST(EventNetwork, ResetIsTheBeginning) {
  const RecurrentNetwork network = test::random_network(Cell::egru, {8, 30, 8}, 20, 5);
  EventNetwork once(network), twice(network);
  once.step(network.embedded(3));
  twice.step(network.embedded(7));
  twice.reset();
  twice.step(network.embedded(3));
  EXPECT_TRUE(same_bytes(once.output(0), twice.output(0)));
}

TEST(ActivityCount, CountsWeightsThatEventsMeet) {
  RecurrentNetwork network = test::random_network(Cell::egru, {2, 3, 2}, 4, 1);
  network.layers[0].input_weights.assign(18, 1.0F);
  network.layers[0].input_weights[0] = 0;  // of the first column
  network.layers[0].recurrent_weights.assign(27, 1.0F);
  ActivityCount count(network);
  const std::vector<float> inputs = {1, 0, 0, 2}, before = {0, 0, 0, 0.5F, 0, 1};
  count.add(0, inputs, before);
  // Step 1: 8 of the inputs' side. Step 2: 9, and two events times 9.
  EXPECT_EQ(count.macs(), (8 + 9 + 18) / 2.0);
  EXPECT_EQ(count.activity(0), 2 / 6.0);
  count.add_decoded(std::vector<float>{0, 1, 1, 1});
  EXPECT_EQ(count.decoder_macs(), 1.5 * 4);
  EXPECT_EQ(dense_macs(network), 9 * 2 + 9 * 3 + 6 * 3 + 6 * 2);
}

TEST(IntegerNetwork, WorkOnEventsAloneGivesTheSameBytes) {
  const RecurrentNetwork network = test::random_network(Cell::egru, {19, 70, 19}, 101, 5, 0.6);
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
    ASSERT_TRUE(same_bytes(events.decode(), all.decode()));
  }
}

// A GRU has no thresholds at which a rounding error becomes an event: states stay close.
TEST(IntegerNetwork, StaysCloseToRealNumbers) {
  const RecurrentNetwork network = test::random_network(Cell::gru, {19, 40, 19}, 50, 8);
  IntegerNetwork integers(network);
  NetworkState real(network);
  Random random(6, {});
  double error = 0;
  for (int t = 0; t < 40; ++t) {
    const uint64_t word = random.below(50);
    integers.step_word(word);
    step(network, network.embedded(word), real);
    for (size_t u = 0; u < 40; ++u)
      error = std::max(error, std::abs(integers.output(0)[u] / 32768.0 - real.layers[0].output[u]));
  }
  EXPECT_LT(error, 0.05);
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
