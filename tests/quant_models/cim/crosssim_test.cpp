// Equal to CrossSim 3.2 on the arrays that it programmed.
#include "tests/quant_models/cim/crosssim.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "quant_models/cim/evaluate.hpp"

namespace flashcell::quant::cim {
namespace {

#define FLASHCELL_NEEDS_CROSSSIM(tag)                                                   \
  FLASHCELL_NEEDS_FILE(test::crosssim_file("programmed_" + std::string(tag) + ".npz")); \
  FLASHCELL_NEEDS_DATA("cifar10/test_prefix.bin")

class CrossSimArrays : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    FLASHCELL_NEEDS_CROSSSIM(GetParam());
    programmed_ = test::crosssim_arrays(std::string("programmed_") + GetParam() + ".npz");
    weights_ = test::crosssim_arrays("resnet14_cifar10_folded.npz");
  }
  test::Arrays programmed_, weights_;
};

int count_of_differences(const std::vector<int>& ours, const std::vector<double>& expected) {
  int different = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    different += ours[i] != static_cast<int>(expected[i]);
    EXPECT_LE(std::abs(ours[i] - expected[i]), 1) << i;
  }
  return different;
}

// Currents in double precision become the codes that CrossSim found, but for the few at the middle between two.
TEST_P(CrossSimArrays, CodesOfEveryLayerInDoublePrecision) {
  const test::Arrays vectors = test::crosssim_arrays(std::string("refvec_") + GetParam() + ".npz");
  const Graph graph = test::crosssim_resnet14(weights_);
  int different = 0, codes = 0;
  for (const std::string& name : test::crosssim_layers()) {
    const ArrayLayer layer = test::stored_layer(programmed_, name, weights_.at(name + ".bias").tensor().values);
    const Tensor x = vectors.at(name + ".x").tensor();
    std::vector<float> inputs(x.values.size());
    layer.input.convert(x.values, inputs.data());
    EXPECT_EQ(std::vector<double>(inputs.begin(), inputs.end()), vectors.at(name + ".x_code").numbers()) << name;
    // Windows of the codes.
    const Node& node = graph.node(*graph.find(name));
    const size_t rows = static_cast<size_t>(layer.inputs), outputs = static_cast<size_t>(layer.outputs);
    std::vector<std::vector<double>> windows;
    if (const auto* convolution = std::get_if<Convolution>(&node.layer)) {
      const int64_t kernel = convolution->weight.shape[2], side = x.shape[1], places = node.shape[2];
      for (int64_t oy = 0; oy < places; ++oy)
        for (int64_t ox = 0; ox < places; ++ox) {
          std::vector<double> window;
          for (int64_t c = 0; c < x.shape[0]; ++c)
            for (int64_t ky = 0; ky < kernel; ++ky)
              for (int64_t kx = 0; kx < kernel; ++kx) {
                const int64_t y = oy * convolution->stride.rows + ky - convolution->padding.top;
                const int64_t column = ox * convolution->stride.columns + kx - convolution->padding.left;
                const bool inside = y >= 0 && column >= 0 && y < side && column < side;
                window.push_back(inside ? inputs[static_cast<size_t>((c * side + y) * side + column)] : 0);
              }
          windows.push_back(std::move(window));
        }
    } else {
      windows.emplace_back(inputs.begin(), inputs.end());
    }
    for (const CellArray& array : layer.arrays) {
      std::vector<int> ours(outputs * windows.size());
      for (size_t w = 0; w < windows.size(); ++w) {
        ASSERT_EQ(windows[w].size(), rows);
        std::vector<double> v = windows[w];
        for (double& part : v) part /= layer.input.levels();
        const std::vector<double> currents = exact_currents(array.cells, v);
        const int zero = array.converter.range().zero_is_a_level ? array.converter.highest_code() / 2 : 0;
        for (size_t o = 0; o < outputs; ++o) ours[o * windows.size() + w] = array.converter.code(currents[o]) - zero;
      }
      const std::string end = layer.arrays.size() == 1 ? "" : std::to_string(array.slice);
      different += count_of_differences(ours, vectors.at(name + ".adc_code" + end).numbers());
      codes += static_cast<int>(ours.size());
    }
  }
  EXPECT_GT(codes, 140000);
  EXPECT_LE(different, 4);
  RecordProperty("different_codes", different);
}

// The fast float32 path gives the numbers of every layer, up to the rounding of sums.
TEST_P(CrossSimArrays, ScoresAndPredictions) {
  constexpr int64_t kImages = 64;
  const test::TestImages t = test::crosssim_images(kImages);
  const Graph graph = test::crosssim_resnet14(weights_);
  const std::vector<float> ours =
      run_on_arrays(graph, test::stored_layers(programmed_, weights_), t.numbers, kImages, {16, 2});
  const std::vector<double> theirs = programmed_.at("logits_1017").numbers();  // class by class
  double sum = 0;
  int same = 0;
  for (size_t i = 0; i < kImages; ++i) {
    size_t own = 0, other = 0;
    for (size_t k = 0; k < 10; ++k) {
      const auto score = [&](size_t c) { return theirs[c * 1017 + i]; };
      if (ours[10 * i + k] > ours[10 * i + own]) own = k;
      if (score(k) > score(other)) other = k;
      sum += std::abs(ours[10 * i + k] - score(k));
    }
    same += own == other;
  }
  EXPECT_GE(same, kImages - 2);
  EXPECT_LE(sum / (10 * kImages), 0.04);  // a sum rounded otherwise is another code now and then, which moves scores
}

INSTANTIATE_TEST_SUITE_P(Tags, CrossSimArrays,
                         ::testing::Values("ideal8", "ind05_s0", "milo_s0", "sonos_s0", "slice2_ideal8"),
                         [](const auto& tag) { return std::string(tag.param); });

// Our own mapping of the weights is the stored one.
TEST(CrossSim, MappingOfWeights) {
  FLASHCELL_NEEDS_CROSSSIM("slice2_ideal8");
  const test::Arrays weights = test::crosssim_arrays("resnet14_cifar10_folded.npz");
  const Graph graph = test::crosssim_resnet14(weights);
  for (const auto& [tag, device] :
       {std::pair("ideal8", "ideal_8bit"), {"slice2_ideal8", "ideal_8bit,array.cell_bits=4"}}) {
    const test::Arrays programmed = test::crosssim_arrays(std::string("programmed_") + tag + ".npz");
    for (const std::string& name : test::crosssim_layers()) {
      Tensor storage;
      const ArrayLayer ours =
          program_ideally(weights_of(graph.node(*graph.find(name)), storage), device_of(device), {});
      const ArrayLayer theirs = test::stored_layer(programmed, name, weights.at(name + ".bias").tensor().values);
      ASSERT_EQ(ours.arrays.size(), theirs.arrays.size());
      for (size_t a = 0; a < ours.arrays.size(); ++a)
        for (size_t i = 0; i < ours.arrays[a].cells.plus.size(); ++i) {
          ASSERT_NEAR(ours.arrays[a].cells.plus[i], theirs.arrays[a].cells.plus[i], 1e-6) << name << ' ' << i;
          ASSERT_NEAR(ours.arrays[a].cells.minus[i], theirs.arrays[a].cells.minus[i], 1e-6) << name << ' ' << i;
        }
    }
  }
}

}  // namespace
}  // namespace flashcell::quant::cim
