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
#include "tests/support/transformer_model.hpp"

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
    scales.push_back({multiplier, shift, {}});
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

/// Layers with random weights whose values spread over the output's range.
class LayerMaker {
 public:
  explicit LayerMaker(uint64_t seed) : builder("layers " + std::to_string(seed)), random_(seed) {}

  int between(int low, int high) { return low + static_cast<int>(random_() % static_cast<uint64_t>(high - low + 1)); }
  quant::ActivationFormat format() {
    const bool is_signed = between(0, 1) == 1;
    return {is_signed ? contract::ActivationType::signed8 : contract::ActivationType::unsigned8, 8, 0.1F,
            is_signed ? between(-20, 20) : between(0, 200)};
  }
  quant::Window window(int most_side, int height, int width) {
    quant::Window w{between(1, std::min(most_side, height)), between(1, std::min(most_side, width)), 1 << between(0, 2),
                    1};
    w.stride_columns = between(0, 4) == 0 ? between(1, 4) : w.stride_rows;
    if (between(0, 4) == 0 && w.height > 1) w.dilation_rows = between(1, (height - 1) / (w.height - 1));
    if (between(0, 4) == 0 && w.width > 1) w.dilation_columns = between(1, (width - 1) / (w.width - 1));
    w.dilation_rows = std::min(w.dilation_rows, 16), w.dilation_columns = std::min(w.dilation_columns, 16);
    w.pad_top = between(0, w.height - 1), w.pad_bottom = between(0, w.height - 1);
    w.pad_left = between(0, w.width - 1), w.pad_right = between(0, w.width - 1);
    return w;
  }
  const quant::LayerWeights& weights(int channels, int each) {
    values_.resize(static_cast<size_t>(channels) * static_cast<size_t>(each));
    for (int8_t& value : values_) value = static_cast<int8_t>(between(-127, 127));
    bias_.assign(static_cast<size_t>(channels), between(-500, 20000));
    scales_.clear();
    for (int i = 0; i < channels; ++i)
      scales_.push_back(quant::requantization_for(between(20, 200) * 1e-4 / std::sqrt(static_cast<double>(each))));
    weights_ = {values_, 8, bias_, scales_};
    return weights_;
  }

  quant::ModelBuilder builder;

 private:
  std::mt19937_64 random_;
  std::vector<int8_t> values_;
  std::vector<int32_t> bias_;
  std::vector<contract::Requantization> scales_;
  quant::LayerWeights weights_;
};

TEST(CnnEqual, DepthwiseOfEveryWindowAndManyChannels) {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    LayerMaker make(seed);
    const int height = make.between(1, 9), width = make.between(1, 9), channels = make.between(1, 200);
    const quant::Window window = make.window(7, height, width);
    const auto x = make.builder.input("x", height, width, channels, make.format());
    make.builder.output(make.builder.depthwise("d", x, window, make.weights(channels, window.height * window.width),
                                               make.format(), {make.between(-128, 0), make.between(60, 255)}));
    expect_equal_on_every_target(make.builder.build(), 1 + seed % 5, seed);
    if (HasFatalFailure()) return;
  }
}

// Maps whose rows are no multiple of what an engine works on together.
TEST(CnnEqual, ConvolutionsOfManyChannelsOnNarrowMaps) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    LayerMaker make(seed);
    const int height = make.between(1, 15), width = make.between(1, 15);
    const int channels = make.between(60, 130), outputs = make.between(1, 70);
    const quant::Window window = make.window(3, height, width);
    const auto x = make.builder.input("x", height, width, channels, make.format());
    make.builder.output(make.builder.convolution(
        "c", x, outputs, window, make.weights(outputs, window.height * window.width * channels), make.format()));
    expect_equal_on_every_target(make.builder.build(), 1 + seed % 6, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(CnnEqual, Transformers) {
  for (uint64_t seed = 0; seed < 24; ++seed) {
    std::mt19937_64 random(seed);
    const auto any = [&](int low, int high) {
      return low + static_cast<int>(random() % static_cast<uint64_t>(high - low + 1));
    };
    const int heads = any(1, 3);
    const test::TransformerShape shape{any(1, 7),   any(1, 5), heads * any(1, 40), heads,
                                       any(1, 150), any(1, 2), any(1, 20)};
    const PackedModel model = test::transformer_model(shape, seed);
    expect_equal_on_every_target(model, 1 + seed % 3, seed);
    if (HasFatalFailure()) return;
  }
}

// An engine may work on a few rows of all layers at a time: maps that are larger than a cache, with every window.
TEST(CnnEqual, ChainsOfLayersOnLargeMaps) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    LayerMaker make(seed);
    auto x = make.builder.input("x", make.between(30, 80), make.between(25, 40), make.between(1, 3), make.format());
    for (int i = 0, count = make.between(2, 5); i < count; ++i) {
      const contract::TensorDescriptor in = make.builder.tensor(x);
      quant::Window window = make.window(i == 0 ? 1 : 5, in.height, in.width);
      // Mostly maps stay large, so that there are many strips.
      if (i < 2 || make.between(0, 3) != 0) window.stride_rows = window.stride_columns = 1;
      const int taps = window.height * window.width;
      const int channels = i == 0 ? make.between(80, 120) : make.between(1, 20);
      const bool depthwise = i == 1 || (i != 0 && make.between(0, 3) != 0);
      const quant::LayerWeights& weights =
          make.weights(depthwise ? in.channels : channels, depthwise ? taps : taps * in.channels);
      if (!depthwise && taps * in.channels * in.height * in.width > 1000000) break;
      x = depthwise ? make.builder.depthwise("d", x, window, weights, make.format())
                    : make.builder.convolution("c", x, channels, window, weights, make.format());
    }
    make.builder.output(x);
    expect_equal_on_every_target(make.builder.build(), 1 + seed % 2, seed);
    if (HasFatalFailure()) return;
  }
}

// An engine may write such layers' values where the concatenation has them.
TEST(CnnEqual, ConcatenationsOfLayersWithWeights) {
  for (uint64_t seed = 0; seed < 80; ++seed) {
    LayerMaker make(seed);
    const int height = make.between(1, 8), width = make.between(1, 8), channels = make.between(1, 70);
    const auto x = make.builder.input("x", height, width, channels, make.format());
    std::vector<quant::ModelBuilder::Tensor> parts;
    std::vector<contract::Requantization> scales;
    for (int i = 0, count = make.between(2, 4); i < count; ++i) {
      const int outputs = make.between(1, 80), kind = make.between(0, 3), side = 1 + 2 * make.between(0, 1);
      const quant::Window window = quant::Window::square(side, 1, side / 2);
      const quant::Clamp clamp = {make.between(-128, 0), make.between(60, 255)};
      parts.push_back(
          kind == 0 ? x
          : kind == 1
              ? make.builder.depthwise("d", x, window, make.weights(channels, side * side), make.format(), clamp)
              : make.builder.convolution("c", x, outputs, window, make.weights(outputs, side * side * channels),
                                         make.format(), clamp));
      scales.push_back(quant::requantization_for(make.between(0, 3) == 0 ? 1 : make.between(1, 500) * 0.01));
    }
    const auto y =
        make.builder.concat("y", parts, scales, make.format(), {make.between(-128, 20), make.between(60, 255)});
    // One part has a second reader.
    if (seed % 3 == 0) make.builder.output(make.builder.max_pool("p", parts.front(), quant::Window::square(1)));
    make.builder.output(y);
    expect_equal_on_every_target(make.builder.build(), 1 + seed % 3, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(CnnEqual, RandomModelsHaveEveryKindOfLayer) {
  std::vector<int> seen(contract::kLayerKinds + 1);
  bool wide_values = false;
  for (uint64_t seed = 0; seed < 300; ++seed) {
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
    w = {any(1, 4), any(1, 4), any(1, 4), any(1, 4)};
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
        const int y = row * w.stride_rows - w.pad_top + selection.row,
                  z = column * w.stride_columns - w.pad_left + selection.column;
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
