#include "quant_models/recurrent/trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/cross_entropy.hpp"
#include "quant_models/recurrent/pruning.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kSteps = 5, kShardBatch = 2;

// Predicts random words from random numbers.
struct RandomWork {
  RecurrentTrainer& trainer;
  ShardWork work;
  int64_t at = 0;

  explicit RandomWork(RecurrentTrainer& t) : trainer(t) {
    work.fill = [this](int shard, std::span<float> inputs) {
      Random random(1, {static_cast<uint64_t>(at), static_cast<uint64_t>(shard)});
      for (float& x : inputs) x = static_cast<float>(random.uniform(-1, 1));
    };
    work.loss = [this](int shard, std::span<const float> outputs, std::span<float> slopes, RecurrentNetwork& sums) {
      Random random(2, {static_cast<uint64_t>(at), static_cast<uint64_t>(shard)});
      std::vector<int32_t> targets(static_cast<size_t>(kSteps * kShardBatch));
      for (int32_t& target : targets) target = static_cast<int32_t>(random.below(trainer.network().names.size()));
      std::vector<float> logits;
      return decoder_loss(trainer.network(), trainer.decoder(), outputs, targets, 0.1F, slopes, sums, logits);
    };
  }
  double step(int64_t step) {
    at = step;
    return trainer.step(step, 1e-2, step % 3 == 0, work);
  }
};

RecurrentTrainerOptions options(int threads) {
  RecurrentTrainerOptions o;
  o.dropout = {0.1, 0.1, 0.1, 0.2, 0.1};
  o.activity_weight = 1;
  o.activity_target = 0.1;
  o.adam.weight_decay = 0.01;
  o.adam.clip = 1;
  o.threads = threads;
  return o;
}

std::vector<Tensor> trained(Cell cell, int threads, int64_t steps) {
  RecurrentTrainer trainer(test::random_network(cell, {6, 9, 6}, 13, 3), options(threads), kSteps, kShardBatch);
  RandomWork work(trainer);
  for (int64_t step = 0; step < steps; ++step) work.step(step);
  return trainer.save();
}

TEST(RecurrentTrainer, SameBytesWhateverTheNumberOfThreads) {
  for (const Cell cell : {Cell::egru, Cell::gru, Cell::lstm}) {
    const std::vector<Tensor> one = trained(cell, 1, 4);
    EXPECT_EQ(trained(cell, 3, 4), one);
    EXPECT_NE(trained(cell, 1, 3), one);
  }
}

TEST(RecurrentTrainer, GoesOnFromWhatItSavedToTheSameBytes) {
  const std::vector<Tensor> whole = trained(Cell::egru, 1, 6), part = trained(Cell::egru, 1, 2);
  RecurrentTrainer trainer(test::random_network(Cell::egru, {6, 9, 6}, 13, 99), options(1), kSteps, kShardBatch);
  trainer.load(part, "x");
  RandomWork work(trainer);
  for (int64_t step = 2; step < 6; ++step) work.step(step);
  EXPECT_EQ(trainer.save(), whole);
  RecurrentTrainer other(test::random_network(Cell::egru, {6, 8, 6}, 13, 99), options(1), kSteps, kShardBatch);
  EXPECT_THROW(other.load(part, "x"), ModelError);
}

// The gradient of the whole way, dropout and penalty apart: a step of it lowers the loss by what it promises.
TEST(RecurrentTrainer, LearnsWhatItIsShown) {
  for (const Cell cell : {Cell::egru, Cell::gru, Cell::lstm}) {
    RecurrentTrainerOptions plain;
    RecurrentTrainer trainer(test::random_network(cell, {6, 16, 6}, 5, 3), plain, kSteps, kShardBatch);
    RandomWork work(trainer);
    const double before = trainer.step(0, 1e-2, true, work.work);
    double after = before;
    for (int64_t step = 1; step < 300; ++step) after = trainer.step(step, 1e-2, true, work.work);
    EXPECT_LT(after, 0.35 * before) << name_in(kCellNames, cell);
  }
}

TEST(RecurrentTrainer, PenaltyOnActivityQuietensALayer) {
  double activity[2] = {};
  for (const bool penalized : {false, true}) {
    RecurrentTrainerOptions o;
    o.activity_weight = penalized ? 30 : 0;
    o.activity_target = 0.05;
    RecurrentTrainer trainer(test::random_network(Cell::egru, {6, 16, 6}, 5, 3), o, kSteps, kShardBatch);
    RandomWork work(trainer);
    for (int64_t step = 0; step < 150; ++step) trainer.step(step, 5e-3, true, work.work);
    for (const float share : trainer.activity()[0]) activity[penalized ? 1 : 0] += double{share};
  }
  EXPECT_LT(activity[1], 0.7 * activity[0]);
}

// Units whose candidates are pushed far down say nothing, and no other gradient reaches them.
TEST(RecurrentTrainer, UnitsThatHardlySpeakAreWoken) {
  constexpr int kSilent = 6;
  int64_t silent[2] = {};
  for (const bool woken : {false, true}) {
    RecurrentTrainerOptions o;
    o.activity_least = woken ? 0.1 : 0;
    o.surrogate.width = 3.6F;
    RecurrentNetwork network = test::random_network(Cell::egru, {6, 16, 6}, 5, 3);
    RecurrentLayer<float>& layer = network.layers[0];
    const int first = 2 * layer.hidden;
    std::fill_n(layer.input_biases.begin() + first, kSilent, -4.0F);
    std::fill_n(layer.input_weights.begin() + first * layer.inputs, kSilent * layer.inputs, 0.0F);
    std::fill_n(layer.recurrent_weights.begin() + first * layer.hidden, kSilent * layer.hidden, 0.0F);
    RecurrentTrainer trainer(std::move(network), o, kSteps, kShardBatch);
    RandomWork work(trainer);
    for (int64_t step = 0; step < 400; ++step) trainer.step(step, 2e-2, true, work.work);
    const std::vector<float>& activity = trainer.activity()[0];
    silent[woken ? 1 : 0] =
        std::count_if(activity.begin(), activity.begin() + kSilent, [](float share) { return share < 0.01F; });
  }
  EXPECT_GE(silent[0], kSilent - 1);
  EXPECT_LE(silent[1], 1);
}

TEST(RecurrentTrainer, ActivityMayBeHighAtFirst) {
  RecurrentTrainerOptions o;
  o.activity_target = 0.2;
  EXPECT_EQ(activity_target(o, 0), 0.2);
  o.activity_steps = 80;
  EXPECT_EQ(activity_target(o, 0), 0.5);
  EXPECT_EQ(activity_target(o, 20), 0.5);
  EXPECT_NEAR(activity_target(o, 50), 0.35, 1e-12);
  EXPECT_EQ(activity_target(o, 80), 0.2);
  EXPECT_EQ(activity_target(o, 1000), 0.2);
  o.activity_target = 0.7;
  EXPECT_EQ(activity_target(o, 0), 0.7);
}

TEST(RecurrentTrainer, PrunedWeightsStayZero) {
  RecurrentTrainerOptions o;
  o.adam.keep_zeros = true;
  RecurrentTrainer trainer(test::random_network(Cell::egru, {6, 9, 6}, 13, 3), o, kSteps, kShardBatch);
  prune_layers(trainer.network(), 0.8);
  RandomWork work(trainer);
  for (int64_t step = 0; step < 3; ++step) work.step(step);
  EXPECT_NEAR(zero_share(trainer.network()), 0.8, 0.01);
}

TEST(Pruning, ScheduleIsCubic) {
  EXPECT_EQ(cubic_share(9, 10, 110, 0.9), 0);
  EXPECT_EQ(cubic_share(10, 10, 110, 0.9), 0);
  EXPECT_NEAR(cubic_share(60, 10, 110, 0.9), 0.9 * 0.875, 1e-12);
  EXPECT_EQ(cubic_share(110, 10, 110, 0.9), 0.9);
}

TEST(Pruning, TakesTheSmallestAndOfEqualOnesTheEarlier) {
  std::vector<float> weights = {3, -1, 2, 1, -0.5F, 1};
  prune_smallest(weights, 0.5);
  EXPECT_THAT(weights, testing::ElementsAre(3, 0, 2, 0, 0, 1));
}

TEST(Parameters, ThresholdsAreBetaDistributed) {
  Random random(7, {});
  const double m = 0.3, a = 3 * m / (1 - m);
  double sum = 0, squares = 0;
  constexpr int kCount = 20000;
  for (int i = 0; i < kCount; ++i) {
    const double x = beta_variate(random, a, 3);
    ASSERT_TRUE(x >= 0 && x <= 1);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kCount, m, 0.005);
  EXPECT_NEAR(squares / kCount - m * m, m * (1 - m) / (a + 3 + 1), 0.002);
}

}  // namespace
}  // namespace flashcell::quant
