#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "quant_models/cim/held_weights.hpp"
#include "quant_models/cim/layer_runner.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::quant::cim {
namespace {

constexpr int kBlock = MatrixProduct::kBlock;

/// A layer of random weights and a block of random inputs.
struct Sample {
  Sample(int outputs, int inputs, bool has_sign = false) {
    test::Random random(11);
    weights = test::random_tensor({outputs, inputs}, random).values;
    settings.input_limit = 2;
    settings.input_has_sign = has_sign;
    layer = {"layer", 1, outputs, inputs, weights, {}};
    x.resize(static_cast<size_t>(inputs) * kBlock);
    for (float& number : x)
      number = static_cast<float>(random() % 2001) / 1000 * (has_sign && random() % 2 == 0 ? -1.0F : 1.0F);
    // One input for all products, to see their distribution.
    same = x;
    for (size_t r = 0; r < static_cast<size_t>(inputs); ++r)
      std::fill_n(same.begin() + static_cast<ptrdiff_t>(r * kBlock), kBlock, x[r * kBlock]);
  }

  std::vector<float> codes(const std::vector<float>& numbers, const ArrayLayer& programmed) const {
    std::vector<float> block(numbers.size());
    programmed.input.convert(numbers, block.data());
    return block;
  }

  /// outputs x columns.
  std::vector<float> run(const std::string& device, int columns, bool alike = false, uint64_t item = 0) const {
    const ArrayLayer programmed = program(layer, device_of(device), settings, 5, 0);
    const std::vector<float> block = codes(alike ? same : x, programmed);
    LayerRunner runner(std::make_shared<const PreparedLayer>(programmed));
    std::vector<float> out(static_cast<size_t>(layer.outputs) * static_cast<size_t>(columns));
    runner.run(block.data(), columns, 0, {item, 0, static_cast<uint64_t>(columns)}, out.data(), columns);
    return out;
  }

  std::vector<double> products(int columns) const {
    std::vector<double> sums;
    for (int o = 0; o < layer.outputs; ++o)
      for (int c = 0; c < columns; ++c) {
        double sum = 0;
        for (int r = 0; r < layer.inputs; ++r)
          sum += static_cast<double>(weights[static_cast<size_t>(o * layer.inputs + r)]) *
                 x[static_cast<size_t>(r) * kBlock + static_cast<size_t>(c)];
        sums.push_back(sum);
      }
    return sums;
  }

  std::vector<float> weights, x, same;
  LayerSettings settings;
  ArrayWeights layer;
};

const std::string kFine = "ideal_8bit,array.weight_bits=13,array.cell_bits=12,input.bits=12,output.bits=0";

// Pairs, offsets and slices of fine cells are the product itself; so are tiles of it.
TEST(ArrayLayer, EveryMappingIsTheProduct) {
  for (const bool has_sign : {false, true}) {
    const Sample sample(9, 70, has_sign);
    const std::vector<double> expected = sample.products(100);
    double largest = 0;
    for (const double y : expected) largest = std::max(largest, std::abs(y));
    for (const char* more :
         {"", ",array.mapping=offset,array.cell_bits=13", ",array.cell_bits=4", ",array.rows=16,array.columns=4",
          ",cell.g_min=20", ",cell.g_min=20,array.mapping=offset,array.cell_bits=7"}) {
      const std::vector<float> ours = sample.run(kFine + more, 100);
      for (size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], expected[i], 0.004 * largest) << more << ' ' << i;
    }
  }
}

// Bits one after the other are all of them together, each with a conversion of its columns.
TEST(ArrayLayer, InputsBitByBit) {
  for (const bool has_sign : {false, true}) {
    const Sample sample(9, 70, has_sign);
    const std::string device = kFine + ",read.noise=none,array.mapping=";
    for (const std::string mapping : {"pair", "offset,array.cell_bits=13"}) {
      const std::vector<float> whole = sample.run(device + mapping, 100);
      double largest = 0;
      for (const float y : whole) largest = std::max(largest, std::abs(static_cast<double>(y)));
      for (const char* bits : {"1", "3", "12"}) {
        const std::vector<float> ours = sample.run(device + mapping + ",input.cycle_bits=" + bits, 100);
        for (size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], whole[i], 1e-4 * largest) << bits << ' ' << i;
      }
    }
  }
}

TEST(ArrayLayer, EachBitIsConvertedByItself) {
  Sample sample(6, 50, true);
  sample.settings.output = {{-7, 7, true}};
  const ArrayDevice d = device_of("ideal_8bit,input.bits=6,input.cycle_bits=1,output.bits=5");
  const std::vector<float> ours = sample.run("ideal_8bit,input.bits=6,input.cycle_bits=1,output.bits=5", 20);
  const ArrayLayer layer = program(sample.layer, d, sample.settings, 5, 0);
  const std::vector<float> codes = sample.codes(sample.x, layer);
  ASSERT_EQ(layer.input.cycles(), 5);
  size_t same = 0;
  for (size_t c = 0; c < 20; ++c) {
    std::vector<double> sums(6, 0.0);
    for (int bit = 0; bit < 5; ++bit) {
      std::vector<double> v(50);
      for (size_t r = 0; r < 50; ++r) {
        const int code = static_cast<int>(codes[r * kBlock + c]);
        v[r] = (std::abs(code) >> bit & 1) * (code < 0 ? -1 : 1);
      }
      const std::vector<double> currents = exact_currents(layer.arrays[0].cells, v);
      for (size_t o = 0; o < 6; ++o) sums[o] += layer.arrays[0].converter.converted(currents[o]) * (1 << bit) / 31.0;
    }
    for (size_t o = 0; o < 6; ++o)
      same += std::abs(ours[o * 20 + c] - sums[o] * layer.scale * layer.arrays[0].weight) < 1e-4;
  }
  EXPECT_GE(same, 118U) << "a current next to a half may round to the other level";
}

TEST(ArrayLayer, EachBitHasNoiseOfItsOwn) {
  const Sample sample(3, 60);
  const std::string device = "ideal_8bit,input.bits=4,output.bits=0,output.noise=1";
  const auto sigma = [&](const std::string& more) {
    const std::vector<float> y = sample.run(device + more, kBlock, true);
    double mean = 0, square = 0;
    for (size_t i = 0; i < kBlock; ++i) mean += y[i] / static_cast<double>(kBlock);
    for (size_t i = 0; i < kBlock; ++i) square += (y[i] - mean) * (y[i] - mean) / static_cast<double>(kBlock);
    return std::sqrt(square);
  };
  // Four conversions count 1, 2, 4, 8 of 15.
  EXPECT_NEAR(sigma(",input.cycle_bits=1") / sigma(""), std::sqrt(85.0) / 15, 0.15);
}

TEST(ArrayLayer, ConvertersWithSmallRangesCutOff) {
  const Sample sample(4, 50);
  const std::vector<float> ours = sample.run("ideal_8bit,output.range=fixed,output.bound=0.01", 64);
  const ArrayLayer layer = program(sample.layer, device_of("ideal_8bit"), sample.settings, 5, 0);
  const double most = 0.01 * layer.scale * layer.arrays[0].weight;
  for (const float y : ours) EXPECT_LE(std::abs(y), most * 1.0001);
}

TEST(ArrayLayer, TooSmallArraysAreRefused) {
  const std::vector<float> weights(size_t{512} * 512, 0.1F);
  const ArrayWeights layer{"wide", 1, 512, 512, weights, {}};
  try {
    program(layer, device_of("ideal_8bit,array.rows=1,array.columns=1"), {}, 0, 0);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), ::testing::AllOf(::testing::HasSubstr("wide"), ::testing::HasSubstr("too small")));
  }
}

// Products with what the weights have come to are what the arrays compute, whatever has become of their cells.
TEST(HeldWeights, AreWhatTheArraysComputeWith) {
  Sample sample(9, 70, true);
  for (const char* device : {"pcm_aihwkit,time=30d,read.noise=none", "sonos_xiao_2022,time=3d,read.noise=none",
                             "reram_milo_2021,array.rows=16,array.columns=4", "nor_4bit,time=1y,read.noise=none",
                             "fefet_generic,array.mapping=offset,array.cell_bits=4,faults.stuck_high=0.02",
                             "ideal_8bit,wire.ohms=20,array.cell_bits=3"}) {
    for (const std::optional<double> limit : {std::optional<double>(), std::optional<double>(0.6)}) {
      sample.settings.weight_limit = limit;
      const ArrayDevice d = device_of(std::string(device) + ",input.bits=0,output.bits=0,output.noise=0");
      const std::vector<float> held = held_weights(sample.layer, d, sample.settings, 5, 3);
      ASSERT_EQ(held.size(), sample.weights.size());
      const ArrayLayer programmed = program(sample.layer, d, sample.settings, 5, 3);
      LayerRunner runner(std::make_shared<const PreparedLayer>(programmed));
      std::vector<float> out(9 * 64);
      runner.run(sample.codes(sample.x, programmed).data(), 64, 0, {0, 0, 64}, out.data(), 64);
      double largest = 0;
      for (const float y : out) largest = std::max(largest, std::abs(static_cast<double>(y)));
      Sample by_hand = sample;
      by_hand.weights = held;
      const std::vector<double> expected = by_hand.products(64);
      for (size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], 1e-5 * largest) << device << ' ' << i;
    }
  }
}

TEST(HeldWeights, AreTheWeightsCodesInCellsWithoutErrors) {
  Sample sample(5, 40);
  sample.settings.weight_limit = 0.75;
  const std::vector<float> held =
      held_weights(sample.layer, device_of("ideal_8bit,array.weight_bits=5,array.cell_bits=4"), sample.settings, 1, 0);
  size_t clipped = 0;
  for (size_t i = 0; i < held.size(); ++i) {
    const double code = std::nearbyint(std::clamp(sample.weights[i] / 0.75, -1.0, 1.0) * 15);
    EXPECT_NEAR(held[i], code * 0.75 / 15, 1e-6);
    clipped += std::abs(code) == 15;
  }
  EXPECT_GT(clipped, 10U);
}

// The noise of reading is drawn once for each chip.
TEST(HeldWeights, SpreadAsTheDeviceSays) {
  Sample sample(40, 100);
  std::fill(sample.weights.begin(), sample.weights.end(), 0.5F);
  sample.settings.weight_limit = 1;
  const ArrayDevice d =
      device_of("ideal_8bit,array.weight_bits=9,array.cell_bits=8,read.noise=each,read.sigma=0.03,cell.g_min=20");
  const std::vector<float> held = held_weights(sample.layer, d, sample.settings, 8, 0);
  double mean = 0, square = 0;
  for (const float w : held) {
    mean += w / static_cast<double>(held.size());
    square += (w - 0.5) * (w - 0.5) / static_cast<double>(held.size());
  }
  // A pair of cells, neither near 0; g_max in units of the weights' limit.
  const double sigma = 0.03 * std::sqrt(2.0) * d.cell.g_max / (d.cell.g_max - 20);
  EXPECT_NEAR(mean, 0.5, 4 * sigma / std::sqrt(4000.0) + 1 / 255.0);
  EXPECT_NEAR(std::sqrt(square), sigma, 0.06 * sigma);
  EXPECT_NE(held, held_weights(sample.layer, d, sample.settings, 9, 0));
}

struct Spread {
  double mean = 0, sigma = 0;
};

Spread spread_of(const std::vector<float>& numbers) {
  Spread s;
  for (const float x : numbers) s.mean += x / static_cast<double>(numbers.size());
  for (const float x : numbers) s.sigma += (x - s.mean) * (x - s.mean) / static_cast<double>(numbers.size());
  s.sigma = std::sqrt(s.sigma);
  return s;
}

// Kolmogorov's and Smirnov's distance of two samples.
double distance(std::vector<float> a, std::vector<float> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double most = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    a[i] <= b[j] ? ++i : ++j;
    most = std::max(most, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                   static_cast<double>(j) / static_cast<double>(b.size())));
  }
  return most;
}

// A column's noise drawn at once has the distribution of its cells' noises, the cut at 0 included.
TEST(ArrayLayer, TheColumnsLawIsTheCells) {
  const Sample sample(3, 90);
  constexpr int kItems = 12;
  for (const char* noise : {"read.sigma=0.05", "read.sigma=0.3", "read.dependence=proportional,read.sigma=0.2",
                            "read.distribution=uniform,read.sigma=0.1", "cell.g_min=30,read.sigma=0.1",
                            "array.mapping=offset,array.cell_bits=8,read.sigma=0.1"}) {
    const std::string device = std::string("ideal_8bit,output.bits=0,read.noise=each,") + noise;
    std::vector<std::vector<float>> columns(3), cells(3);
    for (uint64_t item = 0; item < kItems; ++item) {
      const std::vector<float> a = sample.run(device, kBlock, true, item),
                               b = sample.run(device + ",read.law=cells", kBlock, true, item);
      for (size_t o = 0; o < 3; ++o) {
        columns[o].insert(columns[o].end(), a.begin() + static_cast<ptrdiff_t>(o * kBlock),
                          a.begin() + static_cast<ptrdiff_t>((o + 1) * kBlock));
        cells[o].insert(cells[o].end(), b.begin() + static_cast<ptrdiff_t>(o * kBlock),
                        b.begin() + static_cast<ptrdiff_t>((o + 1) * kBlock));
      }
    }
    const auto count = static_cast<double>(columns[0].size());
    for (size_t o = 0; o < 3; ++o) {
      const Spread a = spread_of(columns[o]), b = spread_of(cells[o]);
      EXPECT_GT(b.sigma, 0);
      EXPECT_NEAR(a.mean, b.mean, 4.5 * b.sigma * std::sqrt(2 / count)) << noise;
      EXPECT_NEAR(a.sigma / b.sigma, 1, 0.08) << noise;
      EXPECT_LT(distance(columns[o], cells[o]), 1.95 * std::sqrt(2 / count)) << noise;
    }
  }
}

TEST(ArrayLayer, TheSameBytesOnEveryInstructionSet) {
  const Sample sample(10, 33, true);
  const std::string device = "ideal_8bit,read.noise=each,read.sigma=0.1,output.noise=0.1";
  const std::vector<float> expected = sample.run(device, 77);
  test::for_each_simd_target([&](const char* target) { EXPECT_EQ(sample.run(device, 77), expected) << target; });
}

TEST(ArrayLayer, DriftIsCompensated) {
  const Sample sample(6, 200);
  const std::string device = "pcm_aihwkit,output.bits=0,read.noise=none";
  const Spread fresh = spread_of(sample.run(device, 64));
  const Spread drifted = spread_of(sample.run(device + ",time=1y,compensate_drift=false", 64));
  const Spread compensated = spread_of(sample.run(device + ",time=1y", 64));
  EXPECT_LT(drifted.sigma, 0.7 * fresh.sigma);
  EXPECT_NEAR(compensated.sigma / fresh.sigma, 1, 0.1);
}

TEST(ArrayLayer, WiresTakeFromTheCurrents) {
  const Sample sample(6, 100);
  const auto mean_magnitude = [&](const std::string& device) {
    double sum = 0;
    for (const float y : sample.run(device, 32)) sum += std::abs(y);
    return sum;
  };
  const double none = mean_magnitude("ideal_8bit,output.bits=0");
  const double exact = mean_magnitude("ideal_8bit,output.bits=0,wire.ohms=1");
  const double fast = mean_magnitude("ideal_8bit,output.bits=0,wire.ohms=1,wire.solver=fast");
  EXPECT_LT(exact, none);
  EXPECT_NEAR(fast / exact, 1, 0.05);
}

}  // namespace
}  // namespace flashcell::quant::cim
