#include "quant_models/recurrent/network_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quant_models/model_error.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"

namespace flashcell::quant {
namespace {

using ::testing::HasSubstr;

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(RecurrentNetworkFile, ComesBackAsItWas) {
  for (const Cell cell : {Cell::egru, Cell::gru, Cell::lstm}) {
    for (const bool tied : {false, true}) {
      RecurrentNetwork network = test::random_network(cell, {5, 8, tied ? 5 : 6}, 11, 1, 0.5);
      network.layers[0].zoneout = 0.25F;
      EXPECT_EQ(parse_network(bytes_of(network_bytes(network)), "x"), network);
      network = test::with_all_read(std::move(network), 2);
      EXPECT_EQ(parse_network(bytes_of(network_bytes(network)), "x"), network);
      network.all_read = false;  // which its decoder does not fit
      EXPECT_THROW(parse_network(bytes_of(network_bytes(network)), "x"), ModelError);
    }
  }
}

TEST(RecurrentNetworkFile, AHeadComesBackToo) {
  RecurrentNetwork network = test::random_network(Cell::egru, {12, 8, 6}, 4, 1, 0.5);
  network.head = make_head(2, 5, {4, 3}, 7);
  ASSERT_EQ(network.head.back().outputs(), 12);
  EXPECT_EQ(parse_network(bytes_of(network_bytes(network)), "x"), network);
  network.head.pop_back();
  EXPECT_THROW(parse_network(bytes_of(network_bytes(network)), "x"), ModelError);
}

TEST(RecurrentNetworkFile, EveryCutAndEveryFlippedByteIsAnErrorOrAWholeNetwork) {
  const std::string whole = network_bytes(test::random_network(Cell::egru, {2, 3, 2}, 4, 2));
  for (size_t size = 0; size < whole.size(); size += 7)
    EXPECT_THROW(parse_network(bytes_of(whole.substr(0, size)), "cut"), ModelError) << size;
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] ^= 0x11;
    try {
      EXPECT_EQ(fault_of(parse_network(bytes_of(damaged), "damaged")), "");
    } catch (const ModelError& e) {
      EXPECT_THAT(e.what(), HasSubstr("damaged"));
    }
  }
}

TEST(RecurrentNetworkFile, SaysWhatIsWrong) {
  RecurrentNetwork network = test::random_network(Cell::egru, {2, 3, 2}, 4, 2);
  network.layers[0].thresholds[1] = std::nanf("");
  try {
    parse_network(bytes_of(network_bytes(network)), "n.npz");
    FAIL();
  } catch (const ModelError& e) {
    EXPECT_STREQ(e.what(), "n.npz: layer 0 has a threshold that is no finite number");
  }
}

}  // namespace
}  // namespace flashcell::quant
