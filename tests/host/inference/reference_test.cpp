// The reference against real numbers and against the definition written in another way, for the layers that no kernel
// is compared with.
#include "host/inference/reference/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "quant_models/packed/model_builder.hpp"
#include "quant_models/random.hpp"

namespace flashcell::host {
namespace {

using namespace contract;
using quant::ModelBuilder;
using Integers = std::vector<int64_t>;

class Drawn {
 public:
  explicit Drawn(uint64_t seed) : random_(seed, {}) {}
  int between(int low, int high) {
    return low + static_cast<int>(random_.below(static_cast<uint64_t>(high - low) + 1));
  }
  Integers numbers(size_t count, int low, int high) {
    Integers drawn(count);
    for (int64_t& each : drawn) each = between(low, high);
    return drawn;
  }

 private:
  quant::Random random_;
};

/// A model's output for one item of these inputs, one after the other.
Integers outputs_of(ModelBuilder& builder, ModelBuilder::Tensor out, const std::vector<Integers>& inputs) {
  builder.output(out);
  const quant::PackedModel model = builder.build();
  std::vector<uint8_t> in, bytes(quant::bytes_of_role(model, kOutputTensor));
  size_t next = 0;
  for (const TensorDescriptor& tensor : model.tensors) {
    if ((tensor.role & kInputTensor) == 0) continue;
    const size_t begin = in.size();
    in.resize(begin + quant::bytes_of(tensor));
    for (size_t i = 0; i < inputs[next].size(); ++i) store_value(in.data() + begin, i, tensor.type, inputs[next][i]);
    ++next;
  }
  run_reference(model, in, 1, bytes);
  const TensorDescriptor& last = model.tensors[out];
  Integers numbers;
  for (size_t i = 0; i < quant::values_of(last); ++i) numbers.push_back(stored_value(bytes.data(), i, last.type));
  return numbers;
}

int64_t rounded(double x) {
  return static_cast<int64_t>(std::floor(x + 0.5));
}

constexpr quant::ActivationFormat kWide = {ActivationType::signed16, 16};

TEST(Reference, ProductOfHeadsIsThatOfMatrices) {
  Drawn random(1);
  constexpr int kTokens = 7, kHeads = 3, kDepth = 5, kAll = 3 * kHeads * kDepth;  // query, key, value side by side
  ModelBuilder builder("attention");
  const auto x = builder.input("x", kTokens, 1, kAll, {ActivationType::signed8, 8, 1, 3});
  quant::ProductPlaces p;
  p.inner = kHeads, p.rows = p.columns = kTokens, p.depth = kDepth;
  p.first = {0, 0, kDepth, kAll, 1};
  p.second = {kHeads * kDepth, 0, kDepth, 1, kAll};
  p.output = {0, 0, kTokens * kTokens, kTokens, 1};
  const auto scores = builder.product("scores", x, x, p, {kHeads, kTokens, kTokens}, quant::dyadic_for(-0.37), kWide);
  const Integers values = random.numbers(kTokens * kAll, -128, 127);
  const Integers got = outputs_of(builder, scores, {values});
  for (int head = 0; head < kHeads; ++head)
    for (int i = 0; i < kTokens; ++i)
      for (int j = 0; j < kTokens; ++j) {
        int64_t sum = 0;
        for (int d = 0; d < kDepth; ++d)
          sum += (values[static_cast<size_t>(i * kAll + head * kDepth + d)] - 3) *
                 (values[static_cast<size_t>(j * kAll + (kHeads + head) * kDepth + d)] - 3);
        const double real = std::clamp(-0.37 * static_cast<double>(sum), -32768.0, 32767.0);
        EXPECT_NEAR(static_cast<double>(got[static_cast<size_t>((head * kTokens + i) * kTokens + j)]), real, 0.51);
      }
}

/// By adding every input's window to the output, in real numbers.
TEST(Reference, TransposedConvolutionSpreadsItsInput) {
  Drawn random(2);
  for (int round = 0; round < 40; ++round) {
    const int height = random.between(1, 5), width = random.between(1, 5), inputs = random.between(1, 3),
              outputs = random.between(1, 3), zero = random.between(-5, 5);
    quant::Window w = {random.between(1, 4), random.between(1, 4), random.between(1, 3), random.between(1, 3)};
    w.dilation_rows = random.between(1, 2), w.dilation_columns = random.between(1, 2);
    w.pad_top = random.between(0, w.dilation_rows * (w.height - 1));
    w.pad_left = random.between(0, w.dilation_columns * (w.width - 1));
    const int rows = (height - 1) * w.stride_rows + w.dilation_rows * (w.height - 1) + 1 - w.pad_top,
              columns = (width - 1) * w.stride_columns + w.dilation_columns * (w.width - 1) + 1 - w.pad_left;
    if (rows < 1 || columns < 1) continue;
    std::vector<int8_t> weights(static_cast<size_t>(outputs * w.height * w.width * inputs));
    for (int8_t& each : weights) each = static_cast<int8_t>(random.between(-127, 127));
    // The sum of all taps times the zero point belongs into the bias.
    std::vector<int32_t> bias(static_cast<size_t>(outputs), 0);
    for (size_t i = 0; i < weights.size(); ++i) bias[i / (weights.size() / bias.size())] -= zero * weights[i];
    const std::vector<Requantization> scales(static_cast<size_t>(outputs), quant::requantization_for(0.25));
    ModelBuilder builder("transposed");
    const auto x = builder.input("x", height, width, inputs, {ActivationType::signed8, 8, 1, zero});
    const auto y =
        builder.transposed_convolution("t", x, {rows, columns, outputs}, w, {weights, 8, bias, scales}, kWide);
    const Integers values = random.numbers(static_cast<size_t>(height * width * inputs), -128, 127);
    std::vector<double> sums(static_cast<size_t>(rows * columns * outputs));
    for (int r = 0; r < height; ++r)
      for (int c = 0; c < width; ++c)
        for (int ky = 0; ky < w.height; ++ky)
          for (int kx = 0; kx < w.width; ++kx) {
            const int to_row = r * w.stride_rows + ky * w.dilation_rows - w.pad_top,
                      to_column = c * w.stride_columns + kx * w.dilation_columns - w.pad_left;
            if (to_row < 0 || to_row >= rows || to_column < 0 || to_column >= columns) continue;
            for (int o = 0; o < outputs; ++o)
              for (int i = 0; i < inputs; ++i)
                sums[static_cast<size_t>((to_row * columns + to_column) * outputs + o)] +=
                    static_cast<double>(values[static_cast<size_t>((r * width + c) * inputs + i)] - zero) *
                    weights[static_cast<size_t>(((o * w.height + ky) * w.width + kx) * inputs + i)];
          }
    const Integers got = outputs_of(builder, y, {values});
    for (size_t i = 0; i < sums.size(); ++i)
      ASSERT_EQ(got[i], std::clamp<int64_t>(rounded(sums[i] / 4), -32768, 32767)) << round << ' ' << i;
  }
}

TEST(Reference, LinearUpsampleIsHalfPixelInterpolation) {
  Drawn random(3);
  for (int round = 0; round < 30; ++round) {
    const int height = random.between(1, 5), width = random.between(1, 5), rows = random.between(1, 4),
              columns = random.between(1, 8);
    ModelBuilder builder("linear");
    const auto x = builder.input("x", height, width, 1, {ActivationType::unsigned8, 8, 1, 9});
    const auto y =
        builder.linear_upsample("up", x, rows, columns, quant::requantization_for(100.0 / (4 * rows * columns)), kWide);
    const Integers values = random.numbers(static_cast<size_t>(height * width), 0, 255);
    const Integers got = outputs_of(builder, y, {values});
    const auto along = [](int place, int factor, int side) {
      const double at = std::clamp((place + 0.5) / factor - 0.5, 0.0, side - 1.0);
      const int low = static_cast<int>(at);
      return std::tuple(low, std::min(low + 1, side - 1), at - low);
    };
    for (int r = 0; r < height * rows; ++r)
      for (int c = 0; c < width * columns; ++c) {
        const auto [top, bottom, v] = along(r, rows, height);
        const auto [left, right, h] = along(c, columns, width);
        const auto at = [&](int i, int j) {
          return static_cast<double>(values[static_cast<size_t>(i * width + j)] - 9);
        };
        const double real = (1 - v) * ((1 - h) * at(top, left) + h * at(top, right)) +
                            v * ((1 - h) * at(bottom, left) + h * at(bottom, right));
        EXPECT_NEAR(static_cast<double>(got[static_cast<size_t>(r * width * columns + c)]), 100 * real, 0.9);
      }
  }
}

TEST(Reference, SumsAndProductsRepeatTheSmallerInput) {
  Drawn random(4);
  constexpr int kRows = 3, kColumns = 4, kChannels = 5;
  for (const bool one_pixel : {true, false}) {
    const quant::Extents e = one_pixel ? quant::Extents{1, 1, kChannels} : quant::Extents{kRows, kColumns, 1};
    const Integers a = random.numbers(kRows * kColumns * kChannels, 0, 255),
                   b = random.numbers(static_cast<size_t>(e.height * e.width * e.channels), -32768, 32767);
    for (const bool product : {true, false}) {
      ModelBuilder builder("pair");
      const auto x = builder.input("a", kRows, kColumns, kChannels, {ActivationType::unsigned8, 8, 1, 7});
      const auto y = builder.input("b", e.height, e.width, e.channels, kWide);
      const ModelBuilder::Tensor both[] = {x, y};
      const Requantization factors[] = {quant::dyadic_for(50), quant::dyadic_for(0.5)};
      const auto out = product ? builder.multiply("m", x, y, quant::requantization_for(0.003), kWide)
                               : builder.add("s", both, factors, 0, kWide);
      const Integers got = outputs_of(builder, out, {a, b});
      for (size_t i = 0; i < got.size(); ++i) {
        const int64_t first = a[i] - 7, second = b[one_pixel ? i % kChannels : i / kChannels];
        const double real = product
                                ? 0.003 * static_cast<double>(first * second)
                                : 50.0 * static_cast<double>(first) + std::floor(static_cast<double>(second) / 2 + 0.5);
        EXPECT_NEAR(static_cast<double>(got[i]), std::clamp(real, -32768.0, 32767.0), product ? 1.0 : 0.0);
      }
    }
  }
}

TEST(Reference, LayerNormFollowsTheRealOne) {
  Drawn random(5);
  constexpr int kChannels = 64, kRows = 6;
  std::vector<double> gain, offset;
  std::vector<ChannelParameters> parameters;
  const double step = std::sqrt(double{kChannels}) / (1 << 30), out_step = 1.0 / 4096;
  for (int c = 0; c < kChannels; ++c) {
    gain.push_back(random.between(-200, 200) / 100.0 + 0.005);
    offset.push_back(random.between(-100, 100) / 100.0);
    parameters.push_back(
        {rounded(offset.back() / gain.back() / step), quant::dyadic_for(gain.back() * step / out_step, 26)});
  }
  ModelBuilder builder("layer norm");
  const auto x = builder.input("x", kRows, 1, kChannels, kWide);
  const auto y = builder.layer_norm("n", x, parameters, 0, kWide);
  const Integers values = random.numbers(kRows * kChannels, -9000, 12000);
  const Integers got = outputs_of(builder, y, {values});
  for (size_t row = 0; row < kRows; ++row) {
    double mean = 0, variance = 0;
    for (size_t c = 0; c < kChannels; ++c) mean += static_cast<double>(values[row * kChannels + c]) / kChannels;
    for (size_t c = 0; c < kChannels; ++c)
      variance += std::pow(static_cast<double>(values[row * kChannels + c]) - mean, 2) / kChannels;
    for (size_t c = 0; c < kChannels; ++c) {
      const double real =
          (static_cast<double>(values[row * kChannels + c]) - mean) / std::sqrt(variance) * gain[c] + offset[c];
      EXPECT_NEAR(static_cast<double>(got[row * kChannels + c]) * out_step, real, 2e-3) << row << ' ' << c;
    }
  }
}

/// 8 bits to every kind of entry, one table and one a channel.
TEST(Reference, TablesAreLookedUp) {
  Drawn random(6);
  for (const bool each : {false, true}) {
    ModelBuilder builder("table");
    const auto x = builder.input("x", 4, 3, 5, {ActivationType::signed8, 6, 1, 2});
    std::vector<int32_t> entries(each ? 5 * 64 : 64);
    for (int32_t& entry : entries) entry = random.between(-32768, 32767);
    const auto y = builder.table("t", x, entries, kWide);
    const Integers values = random.numbers(60, -32, 31);
    const Integers got = outputs_of(builder, y, {values});
    for (size_t i = 0; i < 60; ++i)
      EXPECT_EQ(got[i], entries[static_cast<size_t>(values[i] + 32) + (each ? i % 5 * 64 : 0)]);
  }
}

/// A window's halves: rows 0 and 2 of a transposed image behind a constant token, with a border.
TEST(Reference, MovesComposeToPlaces) {
  Drawn random(7);
  ModelBuilder builder("moves");
  const quant::ActivationFormat format = {ActivationType::unsigned8, 8, 0.5F, 4};
  const auto x = builder.input("x", 3, 2, 4, format);
  quant::MovePlaces p;
  p.rows = 4, p.columns = 6;  // channels first
  p.input = {0, 0, 0, 1, 4};
  p.output = {0, 0, 0, 6, 1};
  const auto turned = builder.move("turn", x, p, {4, 1, 6});
  const std::vector<int32_t> chosen = {2, -1, 0};
  const auto rows = builder.gather("rows", turned, chosen, 6, {3, 1, 6});
  std::vector<int32_t> token = {1, 2, 3, 4, 5, 6};
  const ModelBuilder::Tensor both[] = {builder.constant("token", {1, 1, 6}, token, format), rows};
  const Requantization ones[] = {quant::requantization_for(1), quant::requantization_for(1)};
  const auto stacked = builder.concat("stack", both, ones, format, {}, Axis::rows);
  const auto y = builder.pad("pad", stacked, 0, 1, 0, 0, 77);
  const Integers values = random.numbers(24, 0, 255);
  Integers expected;
  for (int row = 0; row < 4; ++row) {
    for (int i = 0; i < 6; ++i) expected.push_back(77);
    for (int i = 0; i < 6; ++i) {
      const int from = row == 0 ? -1 : chosen[static_cast<size_t>(row - 1)];
      expected.push_back(row == 0 ? i + 1 : from < 0 ? 4 : values[static_cast<size_t>(i * 4 + from)]);
    }
  }
  EXPECT_EQ(outputs_of(builder, y, {values}), expected);
}

TEST(Reference, MeansOfChannelsAndDilatedWindows) {
  Drawn random(8);
  ModelBuilder means("mean");
  const auto x = means.input("x", 2, 3, 10, {ActivationType::signed8, 8, 1, -4});
  const auto y = means.channel_mean("m", x, quant::requantization_for(100.0 / 10), kWide);
  const Integers values = random.numbers(60, -128, 127);
  const Integers got = outputs_of(means, y, {values});
  for (size_t pixel = 0; pixel < 6; ++pixel) {
    int64_t sum = 0;
    for (size_t c = 0; c < 10; ++c) sum += values[pixel * 10 + c] + 4;
    EXPECT_EQ(got[pixel], 10 * sum);
  }
  // Every third pixel, a window of 2.
  ModelBuilder dilated("dilated");
  const auto line = dilated.input("x", 1, 12, 1, {ActivationType::signed8});
  quant::Window w = {1, 2, 1, 2};
  w.dilation_columns = 3;
  const std::vector<int8_t> weights = {10, -1};
  const std::vector<int32_t> bias = {5};
  const std::vector<Requantization> one = {quant::requantization_for(1)};
  const auto out = dilated.convolution("c", line, 1, w, {weights, 8, bias, one}, kWide);
  const Integers pixels = random.numbers(12, -128, 127);
  const Integers sums = outputs_of(dilated, out, {pixels});
  ASSERT_EQ(sums.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(sums[i], 5 + 10 * pixels[2 * i] - pixels[2 * i + 3]);
}

}  // namespace
}  // namespace flashcell::host
