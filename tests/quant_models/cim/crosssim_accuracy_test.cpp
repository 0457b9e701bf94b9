// Accuracies of ResNet-14 on 1017 pictures next to CrossSim 3.2's: on its own arrays, and of four chips of ours where
// its arrays are by chance; of twenty with CROSSSIM_CHIPS=20.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "quant_models/cim/evaluate.hpp"
#include "tests/quant_models/cim/crosssim.hpp"

namespace flashcell::quant::cim {
namespace {

class CrossSimAccuracy : public ::testing::Test {
 protected:
  void SetUp() override {
    FLASHCELL_NEEDS_FILE(test::crosssim_file("programmed_ideal8.npz"));
    FLASHCELL_NEEDS_DATA("cifar10/test_prefix.bin");
    weights_ = test::crosssim_arrays("resnet14_cifar10_folded.npz");
    graph_ = test::crosssim_resnet14(weights_);
  }

  double percent(const PreparedLayers& layers, const test::TestImages& t) const {
    const std::vector<float> scores = run_on_arrays(graph_, layers, t.numbers, t.images.count, {16, 2});
    return 100.0 * static_cast<double>(count_correct(scores, t.images.labels)) / static_cast<double>(t.images.count);
  }

  test::Arrays weights_;
  Graph graph_;
};

TEST_F(CrossSimAccuracy, OnItsOwnArrays) {
  const test::TestImages t = test::crosssim_images(1017);
  for (const char* tag : {"ideal8", "ind05_s0", "milo_s0", "sonos_s0", "slice2_ideal8"}) {
    const test::Arrays programmed = test::crosssim_arrays(std::string("programmed_") + tag + ".npz");
    const double ours = percent(test::stored_layers(programmed, weights_), t);
    const double theirs = 100 * programmed.at("correct").numbers()[0] / 1017;
    std::printf("%-14s ours %.2f CrossSim %.2f\n", tag, ours, theirs);
    EXPECT_NEAR(ours, theirs, 0.21) << tag;  // two pictures
  }
}

struct Figure {
  const char *name, *device, *limits;
  int64_t images;
  double mean, sigma;  // CrossSim's, over its chips
  int their_chips;
};

// results.json: mean and sample standard deviation of its chips.
TEST_F(CrossSimAccuracy, MeansOfChips) {
  const Figure figures[] = {
      {"independent 1 %", "ideal_8bit,cell.kind=generic,cell.sigma=0.01", "ideal8", 256, 87.6, 2.8, 20},
      {"independent 2 %", "ideal_8bit,cell.kind=generic,cell.sigma=0.02", "ideal8", 256, 78.6, 7.4, 20},
      {"ReRAM (Milo)", "reram_milo_2021", "milo_s0", 256, 64.0, 10.3, 20},
      {"independent 5 %", "ideal_8bit,cell.kind=generic,cell.sigma=0.05", "ideal8", 1017, 24.4, 9.4, 5},
      {"proportional 10 %", "ideal_8bit,cell.kind=generic,cell.dependence=proportional,cell.sigma=0.1", "ideal8", 1017,
       87.2, 1.3, 3},
      {"PCM (Joshi)", "pcm_joshi_2020", "milo_s0", 1017, 80.8, 4.2, 5},
      {"ReRAM (Wan)", "reram_wan_crosssim", "milo_s0", 1017, 31.1, 11.2, 5},
      {"SONOS", "sonos_xiao_2022,cell.g_max=26.666666667,read.noise=none", "milo_s0", 1017, 89.16, 0.58, 5},
      {"SONOS, five days", "sonos_xiao_2022,read.noise=none,time=5d", "milo_s0", 1017, 88.5, 0.59, 3},
      {"read noise 1 %", "ideal_8bit,read.noise=each,read.sigma=0.01", "ideal8", 100, 87.0, 1.5, 1},
      {"read noise 2 %", "ideal_8bit,read.noise=each,read.sigma=0.02", "ideal8", 100, 81.0, 2.5, 1}};
  std::map<std::string, Settings> settings;
  for (const char* tag : {"ideal8", "milo_s0"})
    settings[tag] = test::stored_settings(test::crosssim_arrays(std::string("programmed_") + tag + ".npz"));
  const char* const wanted = std::getenv("CROSSSIM_CHIPS");
  const int chips = wanted != nullptr ? std::max(2, std::atoi(wanted)) : 4;
  for (const Figure& f : figures) {
    const test::TestImages t = test::crosssim_images(f.images);
    const ArrayDevice device = device_of(f.device);
    double sum = 0, squares = 0;
    for (int chip = 0; chip < chips; ++chip) {
      const double one = percent(program(graph_, device, settings[f.limits], 1000 + static_cast<uint64_t>(chip)), t);
      sum += one;
      squares += one * one;
    }
    const double mean = sum / chips, sigma = std::sqrt(std::max(0.0, squares - sum * mean) / (chips - 1));
    std::printf("%-20s ours %.2f +- %.2f, CrossSim %.2f +- %.2f (%d chips)\n", f.name, mean, sigma, f.mean, f.sigma,
                f.their_chips);
    const double error = std::sqrt(f.sigma * f.sigma / f.their_chips + sigma * sigma / chips);
    EXPECT_NEAR(mean, f.mean, 3 * error + 0.3) << f.name;
  }
}

}  // namespace
}  // namespace flashcell::quant::cim
