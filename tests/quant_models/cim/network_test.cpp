#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "quant_models/cim/evaluate.hpp"
#include "quant_models/cim/number_sample.hpp"
#include "quant_models/cim/range_calibration.hpp"
#include "quant_models/model_error.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant::cim {
namespace {

/// Two convolutions, one of them in groups, and a classifier.
struct SmallNetwork {
  SmallNetwork() {
    test::Random random(21);
    NodeId x = graph.add("input", Input{{1, 3, 9, 9}});
    x = graph.add(
        "a",
        Convolution{test::random_tensor({8, 3, 3, 3}, random), test::random_tensor({8}, random), {1, 1}, {1, 1, 1, 1}},
        {x});
    x = graph.add("relu", Activation{}, {x});
    x = graph.add("b", Convolution{test::random_tensor({8, 4, 3, 3}, random), {}, {2, 2}, {1, 1, 1, 1}, 2}, {x});
    x = graph.add("flat", Reshape{{0, -1}}, {graph.add("pool", GlobalPool{}, {graph.add("relu2", Activation{}, {x})})});
    graph.add_output(
        "y",
        graph.add("c", FullyConnected{test::random_tensor({5, 8}, random), test::random_tensor({5}, random)}, {x}));
    images = test::random_tensor({kImages, 3, 9, 9}, random).values;
  }

  std::vector<float> run(const std::string& device, const RunAllOptions& options = {}, uint64_t seed = 3) const {
    const ArrayDevice d = device_of(device);
    return run_on_arrays(graph, program(graph, d, calibrate(graph, d, images, kImages), seed), images, kImages,
                         options);
  }

  static constexpr int64_t kImages = 23;
  Graph graph;
  std::vector<float> images;
};

TEST(ArrayNetwork, FineArraysAreTheNetwork) {
  const SmallNetwork n;
  const std::vector<float> expected = run_all(n.graph, n.images, SmallNetwork::kImages);
  const std::vector<float> ours = n.run(
      "ideal_8bit,array.weight_bits=14,array.cell_bits=13,input.bits=14,input.percentile=100,output.bits=16,output."
      "percentile=100");
  double largest = 0;
  for (const float y : expected) largest = std::max(largest, std::abs(static_cast<double>(y)));
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], expected[i], 0.004 * largest);
}

TEST(ArrayNetwork, TheSameBytesForAnyThreadsAndBatch) {
  const SmallNetwork n;
  for (const std::string device :
       {"sonos_xiao_2022", "reram_milo_2021,read.noise=each,read.sigma=0.03,output.noise=0.05",
        "fefet_generic,read.noise=each,read.sigma=0.03,read.law=cells"}) {
    const std::vector<float> expected = n.run(device, {1, 1});
    EXPECT_EQ(n.run(device, {8, 1}), expected) << device;
    EXPECT_EQ(n.run(device, {4, 3}), expected) << device;
    EXPECT_NE(n.run(device, {4, 3}, 4), expected) << device;
  }
}

// Noise of columns and noise of cells: the same accuracy, as far as scores say.
TEST(ArrayNetwork, ColumnsAndCellsGiveTheSameScores) {
  const SmallNetwork n;
  const std::string device = "ideal_8bit,read.noise=each,read.sigma=0.05";
  const ArrayDevice d = device_of(device), cells = device_of(device + ",read.law=cells");
  const Settings settings = calibrate(n.graph, d, n.images, SmallNetwork::kImages);
  // One image again and again, as different items.
  constexpr int64_t kDraws = 300;
  std::vector<float> images;
  for (int64_t i = 0; i < kDraws; ++i) images.insert(images.end(), n.images.begin(), n.images.begin() + 243);
  const std::vector<float> a = run_on_arrays(n.graph, program(n.graph, d, settings, 3), images, kDraws);
  const std::vector<float> b = run_on_arrays(n.graph, program(n.graph, cells, settings, 3), images, kDraws);
  for (size_t k = 0; k < 5; ++k) {
    double mean_a = 0, mean_b = 0, square_a = 0, square_b = 0;
    for (size_t i = 0; i < kDraws; ++i) {
      const double x = a[5 * i + k], y = b[5 * i + k];
      mean_a += x / kDraws;
      mean_b += y / kDraws;
      square_a += x * x / kDraws;
      square_b += y * y / kDraws;
    }
    const double sigma_a = std::sqrt(square_a - mean_a * mean_a), sigma_b = std::sqrt(square_b - mean_b * mean_b);
    EXPECT_NEAR(mean_a, mean_b, 4.5 * sigma_b * std::sqrt(2.0 / kDraws)) << k;
    EXPECT_NEAR(sigma_a / sigma_b, 1, 0.2) << k;
  }
}

TEST(ArrayNetwork, ConvertersAndCellsAreCounted) {
  const SmallNetwork n;
  const std::vector<ConverterUse> uses =
      converter_uses(n.graph, device_of("ideal_8bit,array.rows=16,array.cell_bits=4"), {{"c", {1, false, {}, 5}}});
  ASSERT_EQ(uses.size(), 3U);
  EXPECT_EQ(uses[0].columns, 8 * 2 * 2);  // 27 rows are two arrays, 7 bits two slices
  EXPECT_EQ(uses[0].conversions, 8 * 2 * 2 * 81);
  EXPECT_EQ(uses[0].cells, 8 * 27 * 2 * 2);
  EXPECT_EQ(uses[1].columns, 8 * 3 * 2);
  EXPECT_EQ(uses[2].bits, 5);
  EXPECT_EQ(uses[0].bits, 8);
  const ArrayDevice serial = device_of("ideal_8bit,input.bits=8,input.cycle_bits=2");
  const std::vector<ConverterUse> more = converter_uses(n.graph, serial, {{"a", {1, true, {}}}, {"b", {1, false, {}}}});
  EXPECT_EQ(more[0].conversions, 8 * 81 * 4) << "7 bits and the sign";
  EXPECT_EQ(more[1].conversions, 8 * 25 * 4);
  EXPECT_EQ(uses[0].rows, 27 * 2) << "two slices";
  EXPECT_EQ(uses[1].rows, 2 * 36 * 2) << "of both groups";
  EXPECT_EQ(uses[0].input_bits, 8);
  EXPECT_EQ(more[0].drives, 27 * 81 * 4);
  EXPECT_EQ(more[0].input_bits, 2);
  EXPECT_EQ(converter_uses(n.graph, device_of("ideal_8bit,array.columns=3"), {})[0].rows, 3 * 27)
      << "three arrays beside each other";
}

TEST(ArrayNetwork, RangesFromPicturesOrFromTheFile) {
  SmallNetwork n;
  const ArrayDevice d = device_of("ideal_8bit");
  const Settings found = calibrate(n.graph, d, n.images, SmallNetwork::kImages);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(found.at("a").input_has_sign);
  EXPECT_FALSE(found.at("b").input_has_sign);
  for (const auto& [name, settings] : found) {
    ASSERT_EQ(settings.output.size(), 1U);
    EXPECT_DOUBLE_EQ(settings.output[0].low, -settings.output[0].high) << name;
  }
  EXPECT_THROW(stated_ranges(n.graph, d), ModelError);
  n.graph.set_quantization(*n.graph.find("input"), signed_quantization(8, 0.01F));
  n.graph.set_quantization(*n.graph.find("relu"), unsigned_quantization(8, 0.02F));
  n.graph.set_quantization(*n.graph.find("relu2"), unsigned_quantization(8, 0.02F));
  n.graph.set_quantization(*n.graph.find("flat"), unsigned_quantization(8, 0.02F));
  n.graph.set_quantization(*n.graph.find("c"), signed_quantization(8, 0.02F));
  const Settings stated = stated_ranges(n.graph, d);
  EXPECT_NEAR(stated.at("a").input_limit, 1.28, 1e-6);
  EXPECT_TRUE(stated.at("a").input_has_sign);
  EXPECT_NEAR(stated.at("b").input_limit, 5.1, 1e-6);
  EXPECT_GT(stated.at("c").output.at(0).high, 0);
}

// What a network was trained to cut off is cut off, whatever pictures show.
TEST(ArrayNetwork, StatedLimitsGoBeforeThePictures) {
  SmallNetwork n;
  const ArrayDevice d = device_of("nor_4bit");
  n.graph.set_quantization(*n.graph.find("relu"), unsigned_quantization(8, 0.002F));
  Convolution b = std::get<Convolution>(n.graph.node(*n.graph.find("b")).layer);
  b.weight_quantization = weight_quantization(5, {0.02F});
  n.graph.replace(*n.graph.find("b"), b);
  FullyConnected c = std::get<FullyConnected>(n.graph.node(*n.graph.find("c")).layer);
  c.weight_quantization = weight_quantization(4, {0.02F});
  n.graph.replace(*n.graph.find("c"), c);
  n.graph.set_quantization(*n.graph.find("flat"), unsigned_quantization(8, 0.01F));
  const Settings stated = stated_limits(n.graph, d);
  ASSERT_EQ(stated.size(), 2U) << "nothing is said of the input";
  EXPECT_NEAR(stated.at("b").input_limit, 0.51, 1e-6);
  EXPECT_NEAR(stated.at("b").weight_limit.value(), 0.3, 1e-6);
  EXPECT_FALSE(stated.at("c").weight_limit) << "weights of other bits than the cells'";
  const SmallNetwork real;
  const Settings found = calibrate(real.graph, d, n.images, SmallNetwork::kImages, stated);
  const Settings free = calibrate(real.graph, d, n.images, SmallNetwork::kImages);
  EXPECT_EQ(found.at("b").input_limit, stated.at("b").input_limit);
  EXPECT_EQ(found.at("b").weight_limit, stated.at("b").weight_limit);
  EXPECT_EQ(found.at("a"), free.at("a"));
  EXPECT_NE(found.at("b").output, free.at("b").output) << "columns' ranges are those of what is let through";
}

// A layer with bits of its own is the layer on a device that has these bits.
TEST(ArrayNetwork, BitsOfSingleLayers) {
  const SmallNetwork n;
  ArrayDevice mixed = device_of("nor_4bit"), few = device_of("nor_4bit,array.weight_bits=3,array.cell_bits=2");
  mixed.layers = {{"b", 3, 0, 0}};
  const Settings settings = calibrate(n.graph, mixed, n.images, SmallNetwork::kImages);
  const PreparedLayers ours = program(n.graph, mixed, settings, 3), all = program(n.graph, few, settings, 3),
                       none = program(n.graph, device_of("nor_4bit"), settings, 3);
  const auto cells = [](const PreparedLayers& layers, const char* name) {
    return layers.at(name)->layer().arrays.at(0).cells.plus;
  };
  EXPECT_EQ(cells(ours, "b"), cells(all, "b"));
  EXPECT_EQ(cells(ours, "a"), cells(none, "a"));
  EXPECT_NE(cells(ours, "b"), cells(none, "b"));
  EXPECT_EQ(converter_uses(n.graph, mixed, settings)[1].weight_bits, 3);
  mixed.layers = {{"b", 0, 0.01, 0}};
  EXPECT_NE(cells(program(n.graph, mixed, settings, 3), "b"), cells(none, "b")) << "most weights are cut off";
  mixed.layers = {{"other", 3, 0, 0}};
  try {
    program(n.graph, mixed, settings, 3);
    ADD_FAILURE() << "a layer that is not there";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("'other'"));
  }
}

// The rule sees the bits that the layer has, and a network with few of them is nearer to the real one.
TEST(ArrayNetwork, RangesOfLeastError) {
  const SmallNetwork n;
  ArrayDevice wide = device_of("ideal_8bit,output.bits=3");
  ArrayDevice fitted = wide;
  fitted.output.range = RangeRule::least_error;
  const std::vector<float> real = run_all(n.graph, n.images, SmallNetwork::kImages);
  const auto error = [&](const ArrayDevice& device) {
    const Settings settings = calibrate(n.graph, device, n.images, SmallNetwork::kImages);
    const std::vector<float> ours =
        run_on_arrays(n.graph, program(n.graph, device, settings, 1), n.images, SmallNetwork::kImages);
    double sum = 0;
    for (size_t i = 0; i < real.size(); ++i) sum += std::pow(ours[i] - real[i], 2);
    return sum;
  };
  EXPECT_LT(error(fitted), error(wide));
  fitted.layers = {{"b", 0, 0, 8}};
  const Settings mixed = calibrate(n.graph, fitted, n.images, SmallNetwork::kImages);
  fitted.layers.clear();
  const Settings few = calibrate(n.graph, fitted, n.images, SmallNetwork::kImages);
  EXPECT_EQ(mixed.at("a").output, few.at("a").output);
  EXPECT_GT(mixed.at("b").output[0].high, few.at("b").output[0].high);
}

TEST(ArrayNetwork, AFixedRangeThatCutsEverythingOffIsRefused) {
  const SmallNetwork n;
  const auto find = [&](const std::string& bound) {
    return calibrate(n.graph, device_of("ideal_8bit,output.range=fixed,output.bound=" + bound), n.images,
                     SmallNetwork::kImages);
  };
  EXPECT_NO_THROW(find("5"));
  try {
    find("0.001");
    ADD_FAILURE() << "nothing of it would be seen";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::usage);
    EXPECT_THAT(e.what(), testing::HasSubstr("output.bound = 0.001"));
  }
}

TEST(ArrayNetwork, APercentileThatCutsEverythingOffIsRefused) {
  const SmallNetwork n;
  for (const std::string key : {"output.percentile", "input.percentile"}) {
    const auto find = [&](const char* percent) {
      return calibrate(n.graph, device_of("ideal_8bit," + key + "=" + percent), n.images, SmallNetwork::kImages);
    };
    EXPECT_NO_THROW(find("95"));
    try {
      find("51");
      ADD_FAILURE() << key << ": hardly anything of it would be seen";
    } catch (const Error& e) {
      EXPECT_EQ(e.fault(), Fault::usage);
      EXPECT_THAT(e.what(), testing::HasSubstr(key + " = 51"));
    }
  }
}

TEST(ArrayNetwork, ANetworkWithoutMatricesIsRefused) {
  Graph graph;
  graph.add_output("y", graph.add("y", Activation{}, {graph.add("x", Input{{1, 4}})}));
  EXPECT_THROW(program(graph, device_of("ideal_8bit"), {}, 1), ModelError);
}

TEST(NumberSample, PercentilesOfManyNumbers) {
  NumberSample sample;
  std::vector<float> numbers(300000);
  for (int round = 0; round < 8; ++round) {
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i * 7 % numbers.size());
    sample.add(numbers);
  }
  EXPECT_NEAR(sample.percentile(50), 150000, 1500);
  EXPECT_NEAR(sample.percentile(100), 299999, 30);
  EXPECT_EQ(NumberSample().percentile(50), 0);
}

}  // namespace
}  // namespace flashcell::quant::cim
