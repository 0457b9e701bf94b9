#include "quant_models/recurrent/projection.hpp"

#include <gtest/gtest.h>

#include "tests/quant_models/recurrent/random_networks.hpp"

namespace flashcell::quant {
namespace {

constexpr int kWidth = 6, kLast = 15, kWords = 11, kRows = 4;

RecurrentNetwork projected(int last) {
  RecurrentNetwork network = test::random_network(Cell::egru, {kWidth, 9, last}, kWords, 5);
  begin_projection(network);
  return network;
}

std::vector<float> random_numbers(uint64_t seed, size_t count) {
  Random random(seed, {});
  return test::random_numbers<float>(random, count, 1);
}

// Of a network whose last layer's outputs are given.
std::vector<float> decoded(const RecurrentNetwork& network, std::span<const float> outputs) {
  std::vector<float> logits(network.names.size());
  multiply_rows<float>(network.decoder_weights(), network.decoder_biases, outputs, logits);
  return logits;
}

TEST(Projection, BeginsWithUnitsAndTheirNegativesInTurn) {
  EXPECT_EQ(without_projection(projected(kWidth)).decoder, projected(kWidth).embedding);
  const RecurrentNetwork network = without_projection(projected(kLast));
  for (size_t word = 0; word < kWords; ++word)
    for (size_t unit = 0; unit < kLast; ++unit)
      EXPECT_EQ(network.decoder[word * kLast + unit],
                (unit / kWidth == 1 ? -1 : 1) * network.embedding[word * kWidth + unit % kWidth]);
}

TEST(Projection, TheFilesDecoderSaysTheSame) {
  RecurrentNetwork network = projected(kLast);
  network.projection = random_numbers(7, network.projection.size());
  EXPECT_EQ(fault_of(network), "");
  const RecurrentNetwork whole = without_projection(network);
  EXPECT_EQ(fault_of(whole), "");
  EXPECT_TRUE(whole.projection.empty());
  const std::vector<float> outputs = random_numbers(8, kRows * kLast);
  std::vector<float> read;
  project(network, outputs, read);
  ASSERT_EQ(read.size(), size_t{kRows * kWidth});
  for (size_t row = 0; row < kRows; ++row) {
    const std::vector<float> one = decoded(network, std::span(read).subspan(row * kWidth, kWidth)),
                             other = decoded(whole, std::span(outputs).subspan(row * kLast, kLast));
    for (size_t word = 0; word < kWords; ++word) EXPECT_NEAR(one[word], other[word], 1e-5);
  }
}

TEST(Projection, OfAWrongSizeIsAFault) {
  RecurrentNetwork network = projected(kLast);
  network.projection.pop_back();
  EXPECT_NE(fault_of(network), "");
}

// What is projected is linear in the outputs and in the matrix: a sum with weights `slopes` changes by just the
// gradient.
TEST(Projection, GradientsAreDifferences) {
  RecurrentNetwork network = projected(kLast);
  network.projection = random_numbers(7, network.projection.size());
  const std::vector<float> outputs = random_numbers(8, kRows * kLast), slopes = random_numbers(9, kRows * kWidth);
  const auto sum = [&](std::span<const float> of) {
    std::vector<float> read;
    project(network, of, read);
    double total = 0;
    for (size_t i = 0; i < read.size(); ++i) total += double{slopes[i]} * double{read[i]};
    return total;
  };
  RecurrentNetwork gradients = network;
  gradients.projection.assign(network.projection.size(), 0.5F);  // adds to what is there
  std::vector<float> of_outputs(outputs.size(), 99);
  project_back(network, outputs, slopes, of_outputs, gradients);
  const double before = sum(outputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::vector<float> moved = outputs;
    moved[i] += 1;
    EXPECT_NEAR(sum(moved) - before, of_outputs[i], 1e-4);
  }
  for (size_t i = 0; i < network.projection.size(); ++i) {
    network.projection[i] += 1;
    EXPECT_NEAR(sum(outputs) - before, gradients.projection[i] - 0.5F, 1e-4);
    network.projection[i] -= 1;
  }
}

}  // namespace
}  // namespace flashcell::quant
