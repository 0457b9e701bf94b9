#include "quant_models/recurrent/event_network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "quant_models/recurrent/activity_count.hpp"
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
      if (zeros > 0) network = test::with_all_read(std::move(network), 7);
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

}  // namespace
}  // namespace flashcell::quant
