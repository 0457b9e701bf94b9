#include "quant_models/recurrent/readout.hpp"

#include <gtest/gtest.h>

#include "quant_models/recurrent/size_of.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kSteps = 2, kBatch = 3;

// Whole numbers, whose sums are exact.
std::vector<float> whole_numbers(uint64_t seed, size_t count) {
  Random random(seed, {});
  std::vector<float> numbers(count);
  for (float& x : numbers) x = static_cast<float>(static_cast<int64_t>(random.below(19)) - 9);
  return numbers;
}

double product_of(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

struct Tapes {
  RecurrentNetwork network = test::random_network(Cell::egru, {4, 5, 7, 4}, 11, 1);
  std::vector<LayerTape<float>> tapes{3};

  Tapes() {
    for (size_t l = 0; l < 3; ++l) {
      tapes[l].resize(network.layers[l], kSteps, kBatch);
      tapes[l].outputs = whole_numbers(l + 2, tapes[l].outputs.size());
    }
  }
  std::span<const float> outputs(size_t layer) const { return tapes[layer].layer_outputs(network.layers[layer]); }
};

TEST(Readout, IsTheLastLayerOrAllSideBySide) {
  Tapes t;
  std::vector<float> read;
  gather_outputs(t.network, t.tapes, read);
  EXPECT_EQ(read, std::vector<float>(t.outputs(2).begin(), t.outputs(2).end()));
  t.network = test::with_all_read(t.network, 1);
  EXPECT_EQ(t.network.read_units(), 16);
  gather_outputs(t.network, t.tapes, read);
  for (size_t row = 0; row < kSteps * kBatch; ++row) {
    EXPECT_EQ(read[row * 16 + 4], t.outputs(0)[row * 5 + 4]);
    EXPECT_EQ(read[row * 16 + 5], t.outputs(1)[row * 7]);
    EXPECT_EQ(read[row * 16 + 15], t.outputs(2)[row * 4 + 3]);
  }
}

// The gradients of a sum over what is read, times the outputs, are that sum; and they are added.
TEST(Readout, GradientsGoToTheLayersTheyAreOf) {
  Tapes t;
  for (const bool all : {false, true}) {
    t.network.all_read = all;
    std::vector<float> read;
    gather_outputs(t.network, t.tapes, read);
    const std::vector<float> slopes = whole_numbers(9, read.size());
    double sum = 0;
    for (size_t l = 0; l < 3; ++l) {
      std::vector<float> of_outputs(t.outputs(l).size(), 1.0F);
      add_read_gradients(t.network, slopes, l, of_outputs);
      for (float& x : of_outputs) x -= 1;
      sum += product_of(t.outputs(l), of_outputs);
    }
    EXPECT_EQ(sum, product_of(read, slopes));
  }
}

}  // namespace
}  // namespace flashcell::quant
