// The fast engine gives the reference's bytes, on every instruction set that this machine has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <thread>

#include "base/error.hpp"
#include "host/inference/engine/engine.hpp"
#include "host/inference/reference/reference.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "tests/support/random_model.hpp"

namespace flashcell::host {
namespace {

using quant::PackedModel;

void expect_equal_on_every_target(const PackedModel& model, size_t items, uint64_t seed) {
  const std::vector<uint8_t> inputs = test::random_inputs(model, items, seed);
  std::vector<uint8_t> expected(items * quant::bytes_of_role(model, contract::kOutputTensor));
  run_reference(model, inputs, items, expected);
  for (const inference::Target target : inference::supported_targets()) {
    Engine engine(model, target);
    std::vector<uint8_t> outputs(expected.size(), 0x5a);
    // Twice: nothing of a run may be left in the next one.
    for (int run = 0; run < 2; ++run) engine.run(inputs, items, outputs);
    ASSERT_EQ(outputs, expected) << model.name << " on " << inference::name_of(target);
  }
}

TEST(CnnEqual, RandomModels) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    expect_equal_on_every_target(test::random_model(seed), 1 + seed % 7, seed);
    if (HasFatalFailure()) return;
  }
}

// Every pair of bytes, with factors around those where an engine may change its way.
TEST(CnnEqual, AddOfEveryPairOfBytes) {
  using contract::ActivationType;
  std::vector<uint8_t> inputs(2 * 65536);
  for (size_t i = 0; i < 65536; ++i) {
    inputs[i] = static_cast<uint8_t>(i >> 8);
    inputs[65536 + i] = static_cast<uint8_t>(i);
  }
  std::mt19937 random(7);
  for (const double factor : {127.99, 64.0, 63.99, 31.0, 2.7, 0.9, 0.26, 0.25, 0.1}) {
    for (const int fraction_bits : {0, 1, 6, 7, 8}) {
      for (const ActivationType type : {ActivationType::unsigned8, ActivationType::signed8}) {
        quant::ModelBuilder builder("add");
        const int zero = static_cast<int>(random() % 100);
        const quant::ModelBuilder::Tensor terms[] = {builder.input("a", 256, 256, 1, {type, 8, 1, zero}),
                                                     builder.input("b", 256, 256, 1, {type, 8, 1, 0})};
        const contract::Requantization scales[] = {
            quant::requantization_for(factor),
            quant::requantization_for(std::uniform_real_distribution<>(0.02, 127.9)(random))};
        builder.output(builder.add("add", terms, scales, fraction_bits, {type, 8, 1, static_cast<int>(random() % 50)}));
        const PackedModel model = builder.build();
        std::vector<uint8_t> expected(65536), outputs(65536);
        run_reference(model, inputs, 1, expected);
        for (const inference::Target target : inference::supported_targets()) {
          Engine(model, target).run(inputs, 1, outputs);
          ASSERT_EQ(outputs, expected) << inference::name_of(target) << ' ' << factor << ' ' << fraction_bits;
        }
      }
    }
  }
}

TEST(CnnEqual, DeeperModels) {
  test::RandomModelOptions options;
  options.most_layers = 30;
  options.most_side = 12;
  for (uint64_t seed = 1000; seed < 1060; ++seed) {
    expect_equal_on_every_target(test::random_model(seed, options), 3, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(CnnEqual, WiderModels) {
  test::RandomModelOptions options;
  options.most_layers = 4;
  options.most_channels = 150;
  options.most_side = 9;
  for (uint64_t seed = 2000; seed < 2060; ++seed) {
    expect_equal_on_every_target(test::random_model(seed, options), 2, seed);
    if (HasFatalFailure()) return;
  }
}

/// 4096 channels whose sums are their biases: every pair of sum and multiplier can be tried.
PackedModel requantization_model(uint64_t seed, int most_shift, int64_t most_sum, bool is_signed) {
  constexpr int kChannels = contract::kMaxTensorChannels;
  std::mt19937_64 random(seed);
  const std::vector<int8_t> weights(kChannels, 0);
  std::vector<int32_t> bias;
  std::vector<contract::Requantization> scales;
  for (int i = 0; i < kChannels; ++i) {
    const auto multiplier = static_cast<uint16_t>(i % 5 == 0 ? 32768 : i % 5 == 1 ? 65535 : 32768 + random() % 32768);
    const auto shift = static_cast<uint8_t>(1 + random() % static_cast<uint64_t>(most_shift));
    // A sum beside the edge between two results, the outermost ones included; or anything.
    const auto result = static_cast<double>(static_cast<int>(random() % 520) - 260) - 0.5;
    double sum = std::ldexp(result, shift) / multiplier + static_cast<double>(random() % 5) - 2;
    if (i % 8 == 0)
      sum = static_cast<double>(static_cast<int64_t>(random() % (2 * static_cast<uint64_t>(most_sum))) - most_sum);
    bias.push_back(
        static_cast<int32_t>(std::clamp<double>(sum, static_cast<double>(-most_sum), static_cast<double>(most_sum))));
    scales.push_back({multiplier, shift, 0});
  }
  quant::ModelBuilder builder("requantization " + std::to_string(seed));
  const auto x = builder.input("x", 1, 1, 1, {});
  const auto type = is_signed ? contract::ActivationType::signed8 : contract::ActivationType::unsigned8;
  builder.output(builder.convolution("c", x, kChannels, quant::Window::square(1), {weights, 8, bias, scales}, {type}));
  return builder.build();
}

TEST(CnnEqual, RequantizationAtEveryEdge) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    // Floats are exact for small sums whatever the shift, and for any sum with a small shift; else 64 bits must do it.
    expect_equal_on_every_target(requantization_model(seed, contract::kMaxShift, (1 << 24) - 1, seed % 2 == 0), 1,
                                 seed);
    expect_equal_on_every_target(requantization_model(seed, 30, 1 << 15, seed % 2 == 0), 1, seed);
    expect_equal_on_every_target(requantization_model(seed, contract::kMaxShift, INT32_MAX, seed % 2 == 0), 1, seed);
    if (HasFatalFailure()) return;
  }
}

/// Shifts from 16 on, so that sums of all sizes go through floats.
TEST(CnnEqual, LargeSumsWithPracticalShifts) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    PackedModel model = requantization_model(seed, 14, INT32_MAX, seed % 2 == 0);
    for (contract::ChannelParameters& channel : model.channels) {
      channel.scale.shift = static_cast<uint8_t>(channel.scale.shift + 16);
      const double steps = std::ldexp(static_cast<double>(static_cast<int>(seed * 7 % 256)) - 0.5, channel.scale.shift);
      const double sum = steps / channel.scale.multiplier;
      if (std::abs(channel.bias) % 3 == 0) channel.bias = static_cast<int32_t>(std::min(sum + 1, 2147483646.0));
    }
    expect_equal_on_every_target(model, 1, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(CnnEqual, RandomModelsHaveEveryKindOfLayer) {
  std::vector<int> seen(10);
  bool wide_values = false;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const PackedModel model = test::random_model(seed);
    for (const contract::LayerDescriptor& layer : model.layers) ++seen[static_cast<size_t>(layer.kind)];
    // Outputs that are all the same would prove nothing.
    const std::vector<uint8_t> inputs = test::random_inputs(model, 4, seed);
    std::vector<uint8_t> outputs(4 * quant::bytes_of_role(model, contract::kOutputTensor));
    run_reference(model, inputs, 4, outputs);
    std::vector<bool> values(256);
    for (const uint8_t value : outputs) values[value] = true;
    wide_values |= std::count(values.begin(), values.end(), true) > 200;
  }
  for (size_t kind = 1; kind < seen.size(); ++kind) EXPECT_GT(seen[kind], 5) << kind;
  EXPECT_TRUE(wide_values);
}

TEST(CnnEngine, ManyItemsInOneCallAreTheSameAsOneByOne) {
  const PackedModel model = test::random_model(4);
  constexpr size_t kItems = 300;
  const std::vector<uint8_t> inputs = test::random_inputs(model, kItems, 1);
  Engine engine(model);
  std::vector<uint8_t> together(kItems * engine.output_bytes()), single(together.size());
  engine.run(inputs, kItems, together);
  for (size_t i = 0; i < kItems; ++i) {
    engine.run(std::span(inputs).subspan(i * engine.input_bytes(), engine.input_bytes()), 1,
               std::span(single).subspan(i * engine.output_bytes(), engine.output_bytes()));
  }
  EXPECT_EQ(together, single);
}

// Slices and pads of channels and pixels, against plain indexing.
TEST(CnnEqual, SelectionsMoveNumbersUnchanged) {
  std::mt19937 random(11);
  const auto any = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  for (int round = 0; round < 120; ++round) {
    using contract::ActivationType;
    const ActivationType type = any(0, 1) == 0 ? ActivationType::signed8 : ActivationType::unsigned8;
    const int zero = type == ActivationType::signed8 ? any(-128, 127) : any(0, 255);
    quant::ModelBuilder builder("select");
    const int height = any(1, 11), width = any(1, 11), in_channels = any(1, 40);
    const auto x = builder.input("x", height, width, in_channels, {type, 8, 0.5F, zero});
    quant::Selection selection;
    const bool same = any(0, 2) == 0;
    for (int i = 0, count = same ? in_channels : any(1, 70); i < count; ++i)
      selection.channels.push_back(same ? i : any(-1, in_channels - 1));
    quant::Window& w = selection.window;
    w = {any(1, 4), any(1, 4), 1 << any(0, 2)};
    w.pad_top = any(0, w.height - 1), w.pad_bottom = any(0, w.height - 1);
    w.pad_left = any(0, w.width - 1), w.pad_right = any(0, w.width - 1);
    if (height + w.pad_top + w.pad_bottom < w.height || width + w.pad_left + w.pad_right < w.width) continue;
    selection.row = any(0, w.height - 1), selection.column = any(0, w.width - 1);
    builder.output(builder.select("select", x, selection));
    const PackedModel model = builder.build();
    const std::vector<uint8_t> input = test::random_inputs(model, 1, static_cast<uint64_t>(round));
    expect_equal_on_every_target(model, 1, static_cast<uint64_t>(round));
    if (HasFatalFailure()) return;
    Engine engine(model);
    std::vector<uint8_t> output(engine.output_bytes());
    engine.run(input, 1, output);
    const contract::TensorDescriptor& out = model.tensors.back();
    size_t at = 0;
    for (int row = 0; row < out.height; ++row) {
      for (int column = 0; column < out.width; ++column) {
        const int y = row * w.stride - w.pad_top + selection.row, z = column * w.stride - w.pad_left + selection.column;
        for (const int channel : selection.channels) {
          const bool real = channel >= 0 && y >= 0 && y < height && z >= 0 && z < width;
          const int expected = real ? input[static_cast<size_t>((y * width + z) * in_channels + channel)] : zero & 255;
          ASSERT_EQ(output[at++], expected) << round;
        }
      }
    }
  }
}

TEST(CnnEqual, SelectedChannelsAreUnchanged) {
  quant::ModelBuilder builder("select");
  const auto x = builder.input("x", 5, 4, 40, {contract::ActivationType::signed8, 8, 0.5f, -9});
  std::vector<int> channels;
  for (int i = 0; i < 20; ++i) channels.push_back((i * 7 + 3) % 40);
  builder.output(builder.select("select", x, {channels}));
  const PackedModel model = builder.build();
  const std::vector<uint8_t> input = test::random_inputs(model, 1, 3);
  expect_equal_on_every_target(model, 1, 3);
  Engine engine(model);
  std::vector<uint8_t> output(engine.output_bytes());
  engine.run(input, 1, output);
  for (size_t pixel = 0; pixel < 20; ++pixel) {
    for (size_t i = 0; i < 20; ++i) {
      ASSERT_EQ(output[pixel * 20 + i], input[pixel * 40 + static_cast<size_t>(channels[i])]);
    }
  }
}

TEST(CnnEngine, ThreadsWithEnginesOfTheirOwnDoNotMeet) {
  const PackedModel model = test::random_model(12);
  const std::vector<uint8_t> inputs = test::random_inputs(model, 5, 1);
  std::vector<uint8_t> expected(5 * quant::bytes_of_role(model, contract::kOutputTensor));
  run_reference(model, inputs, 5, expected);
  std::vector<std::vector<uint8_t>> outputs(4, std::vector<uint8_t>(expected.size()));
  std::vector<std::thread> threads;
  for (std::vector<uint8_t>& output : outputs) {
    threads.emplace_back([&] {
      Engine engine(model);
      for (int run = 0; run < 20; ++run) engine.run(inputs, 5, output);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<uint8_t>& output : outputs) EXPECT_EQ(output, expected);
}

TEST(CnnEngine, RefusesBuffersOfTheWrongSize) {
  const PackedModel model = test::random_model(4);
  Engine engine(model);
  std::vector<uint8_t> inputs(engine.input_bytes()), outputs(engine.output_bytes() + 1);
  EXPECT_THROW(engine.run(inputs, 1, outputs), Error);
  EXPECT_THROW(engine.run(inputs, 2, std::span(outputs).first(engine.output_bytes())), Error);
  EXPECT_THROW(run_reference(model, inputs, 1, outputs), Error);
}

}  // namespace
}  // namespace flashcell::host
