#include "tests/support/transformer_model.hpp"

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "quant_models/packed/model_builder.hpp"

namespace flashcell::test {
namespace {

using contract::ActivationType;
using quant::ActivationFormat;
using quant::dyadic_for;
using quant::requantization_for;
using Tensor = quant::ModelBuilder::Tensor;

const ActivationFormat kByte{ActivationType::signed8, 8, 0.05F}, kShare{ActivationType::unsigned8, 8, 1.0F / 256};
const ActivationFormat kWord{ActivationType::signed16, 16, 0.001F};

/// Sums and products need no more bits.
contract::Requantization short_dyadic(double factor) {
  return dyadic_for(factor, 24);
}

class TransformerGenerator {
 public:
  TransformerGenerator(const TransformerShape& shape, uint64_t seed)
      : s_(shape), tokens_(shape.side * shape.side + 1), builder_("transformer"), random_(seed) {}

  quant::PackedModel make() {
    Tensor x = embedded();
    for (int block = 0; block < s_.blocks; ++block) {
      x = sum(x, attention(norm(x)));
      x = sum(x, perceptron(norm(x)));
    }
    std::vector<int32_t> read = {0};
    if (s_.each_patch) {
      read.resize(static_cast<size_t>(tokens_) - 1);
      std::iota(read.begin(), read.end(), 1);
    }
    x = builder_.gather("read tokens", norm(x), read, s_.width, {static_cast<int>(read.size()), 1, s_.width});
    builder_.output(linear(x, s_.classes, kByte, 40));
    builder_.set_preprocessing({.channels = quant::Preprocessing::Channels::rgb});
    return builder_.build();
  }

 private:
  int between(int low, int high) { return low + static_cast<int>(random_() % static_cast<uint64_t>(high - low + 1)); }

  /// A fully connected layer of every token whose results are about as large as `typical`.
  Tensor linear(Tensor in, int outputs, const ActivationFormat& format, double typical) {
    const int inputs = builder_.tensor(in).channels;
    std::vector<int8_t> weights(static_cast<size_t>(inputs) * static_cast<size_t>(outputs));
    for (int8_t& weight : weights) weight = static_cast<int8_t>(between(-127, 127));
    std::vector<int32_t> bias(static_cast<size_t>(outputs));
    std::vector<contract::Requantization> scales;
    for (int32_t& each : bias) {
      each = between(-10000, 10000);
      scales.push_back(requantization_for(typical / (73 * 40 * std::sqrt(inputs)) * between(80, 120) / 100));
    }
    return builder_.convolution("linear", in, outputs, quant::Window::square(1), {weights, 8, bias, scales}, format);
  }

  std::vector<int32_t> numbers(int count, int most) {
    std::vector<int32_t> values(static_cast<size_t>(count));
    for (int32_t& value : values) value = between(-most, most);
    return values;
  }

  Tensor sum(Tensor a, Tensor b) {
    const Tensor both[] = {a, b};
    const contract::Requantization scales[] = {short_dyadic(0.9 * between(90, 100) / 100 * 64), short_dyadic(64)};
    return builder_.add("sum", both, scales, 6, kWord);
  }

  Tensor embedded() {
    const int side = s_.side * s_.patch, line = side * 3, run = s_.patch * 3, each = s_.patch * run;
    const Tensor picture = builder_.input("picture", side, side, 3, {ActivationType::signed8, 8, 0.02F});
    const auto u = [](int value) { return static_cast<uint32_t>(value); };
    const Tensor patches = builder_.move("patches", picture,
                                         {s_.side,
                                          s_.side,
                                          s_.patch,
                                          run,
                                          {0, u(s_.patch * line), u(run), u(line), 1},
                                          {0, u(s_.side * each), u(each), u(run), 1}},
                                         {s_.side * s_.side, 1, each});
    const Tensor tokens[] = {builder_.constant("class", {1, 1, s_.width}, numbers(s_.width, 3000), kWord),
                             linear(patches, s_.width, kWord, 3000)};
    const contract::Requantization same[] = {requantization_for(1), requantization_for(1)};
    const Tensor all = builder_.concat("tokens", tokens, same, kWord, {}, contract::Axis::rows);
    return sum(all, builder_.constant("places", {tokens_, 1, s_.width}, numbers(tokens_ * s_.width, 1000), kWord));
  }

  Tensor norm(Tensor x) {
    std::vector<contract::ChannelParameters> parameters;
    for (int i = 0; i < s_.width; ++i) {
      const double step = 30 * std::sqrt(s_.width) / (1 << 30) * between(50, 150) / 100;
      parameters.push_back({static_cast<int64_t>(between(-20, 20) / step), dyadic_for(i % 7 == 0 ? -step : step)});
    }
    return builder_.layer_norm("norm", x, parameters, 0, kByte);
  }

  Tensor attention(Tensor x) {
    const auto u = [](int value) { return static_cast<uint32_t>(value); };
    const uint32_t line = u(3 * s_.width), head = u(s_.width / s_.heads), square = u(tokens_ * tokens_);
    const Tensor all = linear(x, 3 * s_.width, kByte, 40);
    const int depth = s_.width / s_.heads;
    Tensor y = builder_.product("scores", all, all,
                                {1,
                                 s_.heads,
                                 tokens_,
                                 tokens_,
                                 depth,
                                 {0, 0, head, line, 1},
                                 {u(s_.width), 0, head, 1, line},
                                 {0, 0, square, u(tokens_), 1}},
                                {s_.heads, tokens_, tokens_}, short_dyadic(40 / (1600 * std::sqrt(depth))), kByte);
    y = builder_.softmax("shares", y, between(-40, -10), 8, kShare);
    y = builder_.product("values", y, all,
                         {1,
                          s_.heads,
                          tokens_,
                          depth,
                          tokens_,
                          {0, 0, square, u(tokens_), 1},
                          {u(2 * s_.width), 0, head, line, 1},
                          {0, 0, head, u(s_.width), 1}},
                         {tokens_, 1, s_.width}, short_dyadic(1.0 / 100), kByte);
    return linear(y, s_.width, kWord, 3000);
  }

  Tensor perceptron(Tensor x) {
    x = linear(x, s_.hidden, kByte, 40);
    x = builder_.gelu("gelu", x, between(-40, -10), dyadic_for(1.0 / 128), kByte);
    return linear(x, s_.width, kWord, 3000);
  }

  TransformerShape s_;
  int tokens_;
  quant::ModelBuilder builder_;
  std::mt19937_64 random_;
};

}  // namespace

quant::PackedModel transformer_model(const TransformerShape& shape, uint64_t seed) {
  return TransformerGenerator(shape, seed).make();
}

}  // namespace flashcell::test
