// Builder, validation and description of packed models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "quant_models/model_error.hpp"
#include "quant_models/packed/describe.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "quant_models/packed/validate.hpp"
#include "tests/support/random_model.hpp"

namespace flashcell::quant {
namespace {

using namespace contract;

/// input 8x6x2 -> convolution 3x3, 4 channels -> max pool -> (add with itself) -> fully connected 3.
PackedModel small_model(int weight_bits = 8) {
  ModelBuilder builder("small");
  const auto input = builder.input("image", 8, 6, 2, {});
  const std::vector<int8_t> weights(72, 1), last(4 * 3 * 4 * 3, -1);
  const std::vector<int32_t> bias(4, 10), last_bias(3, 0);
  const std::vector<Requantization> scales(4, requantization_for(0.5)), last_scales(3, requantization_for(0.25));
  const auto x =
      builder.convolution("conv", input, 4, Window::square(3, 1, 1), {weights, weight_bits, bias, scales}, {});
  const auto pooled = builder.max_pool("pool", x, Window::square(2, 2));
  const ModelBuilder::Tensor both[] = {pooled, pooled};
  const Requantization halves[] = {requantization_for(32), requantization_for(32)};
  const auto sum = builder.add("add", both, halves, 6, {});
  builder.output(
      builder.fully_connected("fc", sum, 3, {last, weight_bits, last_bias, last_scales}, {ActivationType::signed8}));
  return builder.build();
}

std::string error_of(const PackedModel& model) {
  try {
    validate(model, "m");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

/// The message after one change of the small model.
std::string after(const std::function<void(PackedModel&)>& change) {
  PackedModel model = small_model();
  change(model);
  return error_of(model);
}

TEST(PackedModel, SmallModelIsValidAndDescribed) {
  const PackedModel model = small_model();
  EXPECT_EQ(error_of(model), "");
  const ModelSummary summary = describe(model);
  ASSERT_EQ(summary.layers.size(), 4u);
  EXPECT_EQ(summary.layers[0].kind, "convolution");
  EXPECT_EQ(summary.layers[0].inputs, std::vector<std::string>{"image"});
  EXPECT_EQ(summary.layers[0].multiply_accumulates, 8u * 6 * 4 * 18);
  EXPECT_EQ(summary.layers[1].height, 4);
  EXPECT_EQ(summary.layers[1].width, 3);
  EXPECT_EQ(summary.layers[3].weights, 144u);
  EXPECT_EQ(summary.weights, 72u + 144);
  EXPECT_EQ(summary.weight_bits, 8u * 216);
  EXPECT_EQ(summary.multiply_accumulates, 8u * 6 * 4 * 18 + 144);
  EXPECT_EQ(summary.parameter_bits, 7u * 54);
  EXPECT_EQ(summary.storage_bits(), 8u * 216 + 7 * 54 + 8 * model.arena_bytes);
}

TEST(PackedModel, FewerBitsTakeLessSpace) {
  EXPECT_EQ(small_model(4).layers[0].weight_bytes, 36u);
  EXPECT_EQ(small_model(2).layers[0].weight_bytes, 18u);
}

TEST(PackedModel, WeightsOfEveryWidthComeBack) {
  std::mt19937 random(1);
  for (const int bits : {8, 7, 6, 5, 4, 3, 2, 1, kTernaryBits}) {
    const int most = largest_weight(bits);
    std::vector<int8_t> weights(101);
    for (int8_t& weight : weights)
      weight = static_cast<int8_t>(static_cast<int>(random() % static_cast<unsigned>(2 * most + 1)) - most);
    if (bits == 1)
      for (int8_t& weight : weights) weight = weight < 0 ? -1 : 1;
    const std::vector<int32_t> bias(1, 0);
    const std::vector<Requantization> scales(1, requantization_for(1));
    ModelBuilder builder("weights");
    const auto x = builder.input("x", 1, 1, 101, {});
    builder.output(builder.fully_connected("fc", x, 1, {weights, bits, bias, scales}, {}));
    const PackedModel model = builder.build();
    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(unpack_weight(model.weights.data(), i, bits), weights[i]) << bits << " bits, " << i;
    }
  }
}

TEST(PackedModel, EachFaultIsNamed) {
  using testing::AllOf;
  using testing::HasSubstr;
  const auto layer = [](int i, auto change) {
    return after([&](PackedModel& m) { change(m.layers[static_cast<size_t>(i)]); });
  };
  EXPECT_THAT(layer(0, [](auto& l) { l.kind = static_cast<LayerKind>(77); }),
              AllOf(HasSubstr("m: layer 0 (conv): "), HasSubstr("unknown kind")));
  EXPECT_THAT(layer(0, [](auto& l) { l.output = 99; }), HasSubstr("output tensor does not exist"));
  EXPECT_THAT(after([](auto& m) { m.inputs[0].tensor = 99; }), HasSubstr("input tensor does not exist"));
  EXPECT_THAT(layer(0, [](auto& l) { l.first_input = 99; }), HasSubstr("inputs are missing"));
  EXPECT_THAT(after([](auto& m) {
                m.inputs.insert(m.inputs.begin(), m.inputs[0]);
                for (auto& l : m.layers) ++l.first_input;
              }),
              HasSubstr("inputs do not follow"));
  EXPECT_THAT(layer(0, [](auto& l) { l.input_count = 2; }), HasSubstr("number of inputs"));
  EXPECT_THAT(layer(0, [](auto& l) { l.kernel_height = 12; }), HasSubstr("window"));
  EXPECT_THAT(layer(0, [](auto& l) { l.stride_rows = 5; }), HasSubstr("stride"));
  EXPECT_THAT(layer(0, [](auto& l) { l.stride_columns = 0; }), HasSubstr("stride"));
  EXPECT_THAT(layer(0, [](auto& l) { l.pad_left = 3; }), HasSubstr("padding"));
  EXPECT_THAT(layer(0, [](auto& l) { l.pad_left = 2; }), HasSubstr("output's shape"));
  EXPECT_THAT(layer(0, [](auto& l) { l.clamp_high = 256; }), HasSubstr("clamp"));
  EXPECT_THAT(layer(0, [](auto& l) { l.clamp_low = 9, l.clamp_high = 8; }), HasSubstr("clamp"));
  EXPECT_THAT(layer(0, [](auto& l) { l.weight_bits = 9; }), HasSubstr("1 to 8 bits"));
  EXPECT_THAT(layer(0, [](auto& l) { l.weight_bytes += 1; }), HasSubstr("weights' size"));
  EXPECT_THAT(layer(0, [](auto& l) { l.weight_offset = 1; }), HasSubstr("multiple of 64"));
  EXPECT_THAT(layer(0, [](auto& l) { l.weight_offset = 1u << 20; }), HasSubstr("weights are missing"));
  EXPECT_THAT(layer(3, [](auto& l) { l.weight_offset = 0; }), HasSubstr("do not follow"));
  EXPECT_THAT(layer(0, [](auto& l) { l.first_channel = 100; }), HasSubstr("parameters are missing"));
  EXPECT_THAT(layer(0, [](auto& l) { l.reserved2[3] = 1; }), HasSubstr("reserved"));
  EXPECT_THAT(layer(0, [](auto& l) { l.fraction_bits = 1; }), HasSubstr("fraction bits"));
  EXPECT_THAT(after([](auto& m) { m.inputs[1].scale.multiplier = 40000; }), HasSubstr("where none is used"));
  EXPECT_THAT(after([](auto& m) { m.inputs[1].reserved1 = 1; }), HasSubstr("reserved"));
  EXPECT_THAT(after([](auto& m) { m.inputs.push_back({}); }), HasSubstr("no layer uses"));
  EXPECT_THAT(layer(0, [](auto& l) { l.dilation_rows = 17; }), HasSubstr("dilation"));
  EXPECT_THAT(layer(0, [](auto& l) { l.axis = Axis::channels; }), HasSubstr("axis"));
  EXPECT_THAT(layer(0, [](auto& l) { l.constant = 1; }), HasSubstr("no constant"));
  EXPECT_THAT(layer(0, [](auto& l) { l.rows = 1; }), HasSubstr("no strides"));
  EXPECT_THAT(layer(1, [](auto& l) { l.clamp_low = 1; }), HasSubstr("cannot clamp"));
  EXPECT_THAT(after([](auto& m) { m.inputs[3].scale.multiplier = 32767; }), HasSubstr("[2^15, 2^16)"));
  EXPECT_THAT(after([](auto& m) { m.inputs[3].scale.shift = 48; }), HasSubstr("1 to 47"));
  EXPECT_THAT(after([](auto& m) { m.inputs[3].scale.shift = 0; }), HasSubstr("1 to 47"));
  EXPECT_THAT(after([](auto& m) { m.inputs[3].scale.shift = 7; }), HasSubstr("overflow 16 bits"));
  EXPECT_THAT(after([](auto& m) { m.inputs[3].tensor = 0; }), HasSubstr("differ"));
  EXPECT_THAT(after([](auto& m) { m.channels[1].scale.multiplier = 100; }), HasSubstr("[2^15, 2^16)"));
  EXPECT_THAT(after([](auto& m) { m.channels[1].bias = INT32_MAX; }), HasSubstr("channel 1 can overflow"));
  EXPECT_THAT(after([](auto& m) { m.channels[1].bias = INT32_MIN; }), HasSubstr("channel 1 can overflow"));
  EXPECT_THAT(after([](auto& m) { m.weights[3] = 0x80; }), HasSubstr("symmetric range"));
  EXPECT_THAT(after([](auto& m) { m.weights.resize(m.weights.size() + 64); }), HasSubstr("no layer uses"));
  EXPECT_THAT(after([](auto& m) { m.channels.push_back({}); }), HasSubstr("no layer uses"));
  EXPECT_THAT(after([](auto& m) { m.tensors[1].width = 0; }), AllOf(HasSubstr("tensor 1"), HasSubstr("1 to 4096")));
  EXPECT_THAT(after([](auto& m) { m.tensors[1].bits = 9; }), HasSubstr("1 to 8 bits"));
  EXPECT_THAT(after([](auto& m) { m.tensors[1].bits = 17; }), HasSubstr("1 to 8 bits"));
  EXPECT_THAT(after([](auto& m) { m.tensors[1].type = ActivationType::signed16; }), HasSubstr("1 to 8 bits"));
  EXPECT_THAT(after([](auto& m) { m.tensors[1].zero_point = -1; }), HasSubstr("zero point"));
  EXPECT_THAT(after([](auto& m) { m.tensors[1].arena_offset = m.arena_bytes; }), HasSubstr("outside of the arena"));
  EXPECT_THAT(after([](auto& m) { m.tensors[1].role = 4; }), HasSubstr("role"));
  EXPECT_THAT(after([](auto& m) { m.tensor_scales[1] = NAN; }), HasSubstr("scale"));
  EXPECT_THAT(after([](auto& m) { m.tensor_scales[2] = 3; }), HasSubstr("same type"));
  EXPECT_THAT(after([](auto& m) { m.tensors[0].arena_offset = m.tensors[1].arena_offset; }),
              HasSubstr("tensors 0 and 1 share memory"));
  EXPECT_THAT(after([](auto& m) { std::swap(m.layers[0], m.layers[1]); }), HasSubstr("before"));
  EXPECT_THAT(after([](auto& m) { m.tensors[0].role = 0; }), HasSubstr("at least one input"));
  EXPECT_THAT(after([](auto& m) { m.tensors[2].role = kInputTensor; }), HasSubstr("written already"));
  EXPECT_THAT(after([](auto& m) { m.tensors[4].role = 0; }), HasSubstr("at least one input and one output"));
  EXPECT_THAT(after([](auto& m) { m.layer_names.pop_back(); }), HasSubstr("one name for each layer"));
  EXPECT_THAT(after([](auto& m) { m.preprocessing.factor[1] = 0; }), HasSubstr("factor"));
}

TEST(PackedModel, OverflowProofIsExact) {
  ModelBuilder builder("edge");
  const auto x = builder.input("x", 1, 1, 4, {ActivationType::signed8});
  const std::vector<int8_t> weights(4, 127);
  // 4 * 127 * 128 = 65024
  const std::vector<int32_t> bias(1, INT32_MAX - 65024);
  const std::vector<Requantization> scales(1, requantization_for(1e-6));
  builder.output(builder.fully_connected("fc", x, 1, {weights, 8, bias, scales}, {}));
  PackedModel model = builder.build();
  ++model.channels[0].bias;
  EXPECT_THAT(error_of(model), testing::HasSubstr("overflow"));
}

TEST(ModelBuilder, RefusesWhatNoFormatHolds) {
  ModelBuilder builder("bad");
  EXPECT_THROW(builder.input("x", 0, 1, 1, {}), std::invalid_argument);
  EXPECT_THROW(builder.input("x", 1, 1, 70000, {}), std::invalid_argument);
  EXPECT_THROW(builder.input("x", 1, 1, 1, {ActivationType::unsigned8, 8, 1, -1}), std::invalid_argument);
  const auto x = builder.input("x", 4, 4, 1, {});
  const std::vector<int8_t> weights(9, -128), few(8, 1);
  const std::vector<int32_t> bias(1);
  const std::vector<Requantization> scales(1, requantization_for(1));
  EXPECT_THROW(builder.convolution("c", x, 1, Window::square(3), {weights, 8, bias, scales}, {}),
               std::invalid_argument);
  EXPECT_THROW(builder.convolution("c", x, 1, Window::square(3), {few, 8, bias, scales}, {}), std::invalid_argument);
  EXPECT_THROW(builder.convolution("c", x, 1, Window::square(7), {few, 8, bias, scales}, {}), std::invalid_argument);
  EXPECT_THROW(builder.max_pool("p", x, Window::square(5)), std::invalid_argument);
  EXPECT_THROW(builder.max_pool("p", x, Window::square(2, 1, -1)), std::invalid_argument);
}

TEST(ModelBuilder, NearestMultiplier) {
  std::mt19937 random(1);
  for (int i = 0; i < 10000; ++i) {
    const double factor =
        std::ldexp(1 + static_cast<double>(random()) / 4294967296.0, static_cast<int>(random() % 46) - 32);
    const Requantization scale = requantization_for(factor);
    EXPECT_GE(scale.multiplier, kMinMultiplier);
    EXPECT_NEAR(std::ldexp(scale.multiplier, -scale.shift) / factor, 1, 0x1p-16);
  }
  EXPECT_EQ(requantization_for(1).multiplier, 32768);
  EXPECT_EQ(requantization_for(1).shift, 15);
  EXPECT_THROW(requantization_for(0), std::invalid_argument);
  EXPECT_THROW(requantization_for(-1), std::invalid_argument);
  EXPECT_THROW(requantization_for(NAN), std::invalid_argument);
  EXPECT_THROW(requantization_for(1e-12), std::invalid_argument);
  EXPECT_THROW(requantization_for(65536), std::invalid_argument);
}

TEST(ModelBuilder, NearestDyadicMultiplier) {
  std::mt19937 random(2);
  for (int i = 0; i < 10000; ++i) {
    const int bits = 16 + static_cast<int>(random() % 16);
    const double sign = random() % 2 == 0 ? 1 : -1;
    const double factor =
        sign * std::ldexp(1 + static_cast<double>(random()) / 4294967296.0, static_cast<int>(random() % 40) - 30);
    const Requantization scale = dyadic_for(factor, bits);
    EXPECT_LE(std::abs(static_cast<double>(scale.multiplier)), std::ldexp(1, bits));
    EXPECT_NEAR(std::ldexp(scale.multiplier, -scale.shift) / factor, 1, std::ldexp(1, -bits + 1)) << factor;
  }
  EXPECT_EQ(dyadic_for(1).multiplier, 1 << 30);
  EXPECT_THROW(dyadic_for(0), std::invalid_argument);
  EXPECT_THROW(dyadic_for(NAN), std::invalid_argument);
  EXPECT_THROW(dyadic_for(0x1p40), std::invalid_argument);
}

TEST(ModelBuilder, ArenaReusesMemory) {
  test::RandomModelOptions options;
  options.most_layers = 30;
  uint64_t arena = 0, all = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const PackedModel model = test::random_model(seed, options);
    arena += model.arena_bytes;
    for (const TensorDescriptor& tensor : model.tensors) all += bytes_of(tensor);
  }
  EXPECT_LT(arena, all * 3 / 4);
}

}  // namespace
}  // namespace flashcell::quant
