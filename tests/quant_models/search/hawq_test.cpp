// HAWQ-V3's published sensitivities, sizes, operations and latencies of ResNet-18 (Zhen-Dong/HAWQ, ILP.ipynb): its
// published bits, and the exact front that enumeration of all ways found.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/search/choose_point.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

// Its operations are in units of 1024 x 10^6.
constexpr double kPublishedGiga = 1024e6;

class Hawq : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::data_dir() / "../vectors/hawq";
    FLASHCELL_NEEDS_FILE(folder / "hawq_resnet18_ilp.json");
    FLASHCELL_NEEDS_FILE(folder / "hawq_resnet18_pareto3d.npz");
    data_ = nlohmann::json::parse(std::ifstream(folder / "hawq_resnet18_ilp.json"));
    front_ = read_npz((folder / "hawq_resnet18_pareto3d.npz").string());
    make_decisions();
  }

  double number(const char* name, size_t layer) const { return data_.at(name).at(layer).get<double>(); }

  // Perturbation, MB x 2^20 bits, operations, and nanoseconds x 10 of one layer.
  SearchCosts costs(size_t layer, int bits) const {
    const bool eight = bits == 8;
    return {number("Hutchinson_trace", layer) *
                number(eight ? "delta_weights_8bit_square" : "delta_weights_4bit_square", layer),
            std::llround(number("parameters", layer) * (1 << 20)) * bits,
            std::llround(number("bops", layer) * 1e6) * bits * bits,
            std::llround(number(eight ? "latency_int8" : "latency_int4", layer) * 1e8)};
  }

  // A shortcut's convolution has the bits of the first one beside it.
  void make_decisions() {
    std::map<size_t, size_t> follows;
    for (const auto& tie : data_.at("ties")) follows[tie.at(1).get<size_t>()] = tie.at(0).get<size_t>();
    for (size_t layer = 0; layer < data_.at("layers").size(); ++layer) {
      if (follows.contains(layer)) continue;
      std::vector<size_t> members = {layer};
      for (const auto& [second, first] : follows)
        if (first == layer) members.push_back(second);
      Decision decision;
      for (const int bits : {4, 8}) {
        DecisionOption option;
        for (const size_t member : members) option.costs = option.costs + costs(member, bits);
        option.bits.assign(members.size(), bits);
        decision.options.push_back(std::move(option));
      }
      decisions_.push_back(std::move(decision));
      members_.push_back(std::move(members));
    }
  }

  std::vector<int> bits_of(const std::vector<size_t>& options) const {
    std::vector<int> bits(data_.at("layers").size(), 0);
    for (size_t d = 0; d < options.size(); ++d)
      for (const size_t member : members_[d]) bits[member] = decisions_[d].options[options[d]].bits[0];
    return bits;
  }

  nlohmann::json data_;
  std::map<std::string, NumpyArray> front_;
  std::vector<Decision> decisions_;
  std::vector<std::vector<size_t>> members_;
};

TEST_F(Hawq, PublishedBitsComeOutUnderTheirConstraints) {
  const ParetoFront front = find_front(decisions_);
  ASSERT_TRUE(front.exact());
  ASSERT_EQ(data_.at("results").size(), 9U);
  for (const auto& [name, result] : data_.at("results").items()) {
    const double given = result.at("limit").get<double>();
    const SearchLimit limit =
        name.starts_with("modelsize") ? SearchLimit{SearchAxis::weight_bits, given * 8 * (1 << 20)}
        : name.starts_with("bops")    ? SearchLimit{SearchAxis::bit_operations, given * kPublishedGiga}
                                      : SearchLimit{SearchAxis::time, given * 1e8};
    const auto published = result.at("bits").get<std::vector<int>>();
    EXPECT_EQ(result.at("repo_bits").get<std::vector<int>>(), published);
    const auto best = least_perturbation(front, {limit});
    ASSERT_TRUE(best) << name;
    EXPECT_EQ(bits_of(front.options(*best)), published) << name;
    const auto alone = minimize_perturbation(decisions_, limit);
    ASSERT_TRUE(alone) << name;
    EXPECT_EQ(bits_of(*alone), published) << name;
  }
}

TEST_F(Hawq, FrontIsThatOfAllWays) {
  std::vector<Decision> untimed = decisions_;
  for (Decision& decision : untimed)
    for (DecisionOption& option : decision.options) option.costs.time = 0;
  const ParetoFront front = find_front(untimed);
  const Tensor bits = front_.at("bits").tensor();
  const std::vector<double> values = front_.at("values").numbers();
  ASSERT_EQ(front.size(), 50U);
  ASSERT_EQ(bits.shape, (Shape{50, 19}));
  std::map<std::vector<int>, size_t> expected;
  for (size_t i = 0; i < 50; ++i) {
    const float* row = bits.values.data() + 19 * i;
    expected[{row, row + 19}] = i;
  }
  double zero = 0;  // the published perturbations are those beyond all layers at 4 bits
  for (size_t layer = 0; layer < 19; ++layer) zero += costs(layer, 4).perturbation;
  for (size_t i = 0; i < front.size(); ++i) {
    const auto found = expected.find(bits_of(front.options(i)));
    ASSERT_NE(found, expected.end()) << "point " << i;
    const double* value = values.data() + 3 * found->second;
    const double perturbation = front.costs(i).perturbation;
    EXPECT_TRUE(std::abs(perturbation - value[0]) < 1e-9 || std::abs(perturbation - zero - value[0]) < 1e-9)
        << value[0];
    EXPECT_NEAR(static_cast<double>(front.costs(i).weight_bits) / 8 / (1 << 20), value[1], 1e-9);
    EXPECT_NEAR(static_cast<double>(front.costs(i).bit_operations) / kPublishedGiga, value[2], 1e-6);
    expected.erase(found);
  }
}

}  // namespace
}  // namespace flashcell::quant
