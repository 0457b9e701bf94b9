#pragma once
#include <cmath>
#include <string>

#include "quant_models/graph/graph.hpp"
#include "quant_models/random.hpp"

namespace flashcell::test {

/// A vision transformer like DeiT: patches of 4 x 4 of an input 1 x 3 x 16 x 16, a class token, positions, `depth`
/// blocks of two heads with queries, keys and values in one matrix, ten classes. Random weights; gains of layer
/// normalization differ by channel as trained ones do.
inline quant::Graph small_transformer(uint64_t seed, int depth = 2) {
  using namespace quant;
  constexpr int64_t kWidth = 16, kHeads = 2, kPatches = 16, kTokens = kPatches + 1, kClasses = 10;
  quant::Random random(seed, {});
  const auto draw = [&](Shape shape, double deviation, double mean = 0) {
    Tensor tensor{shape, std::vector<float>(static_cast<size_t>(element_count(shape)))};
    for (float& x : tensor.values) x = static_cast<float>(mean + deviation * random.normal());
    return tensor;
  };
  const auto linear = [&](int64_t in, int64_t out) {
    return FullyConnected{draw({out, in}, 1 / std::sqrt(static_cast<double>(in))), draw({out}, 0.1)};
  };
  const auto norm = [&] {
    Tensor gain = draw({kWidth}, 0.8);
    for (float& g : gain.values) g = std::exp(g);
    return LayerNormalization{gain, draw({kWidth}, 0.5)};
  };
  Graph g;
  const NodeId input = g.add("input", Input{{1, 3, 16, 16}});
  NodeId x = g.add("patches",
                   Convolution{.weight = draw({kWidth, 3, 4, 4}, 0.15), .bias = draw({kWidth}, 0.1), .stride = {4, 4}},
                   {input});
  x = g.add("rows", Reshape{{0, kWidth, kPatches}}, {x});
  x = g.add("tokens", Transpose{{0, 2, 1}}, {x});
  x = g.add("joined", Concat{1}, {g.add("class", Constant{draw({1, 1, kWidth}, 1)}), x});
  x = g.add("start", Add{}, {x, g.add("positions", Constant{draw({1, kTokens, kWidth}, 0.5)})});
  for (int b = 0; b < depth; ++b) {
    const std::string p = "block" + std::to_string(b) + ".";
    NodeId y = g.add(p + "norm1", norm(), {x});
    y = g.add(p + "qkv", linear(kWidth, 3 * kWidth), {y});
    y = g.add(p + "split", Reshape{{0, kTokens, 3, kHeads, kWidth / kHeads}}, {y});
    y = g.add(p + "turned", Transpose{{2, 0, 3, 1, 4}}, {y});
    const auto part = [&](const char* name, int64_t index) {
      const NodeId chosen = g.add(p + name + ".chosen", Gather{0, {index}}, {y});
      return g.add(p + name, Reshape{{-1, kHeads, kTokens, kWidth / kHeads}}, {chosen});
    };
    const NodeId q = part("q", 0), k = part("k", 1), v = part("v", 2);
    const NodeId scores = g.add(p + "scores", Product{0.3F}, {q, g.add(p + "keys", Transpose{{0, 1, 3, 2}}, {k})});
    const NodeId attended = g.add(p + "attended", Product{}, {g.add(p + "softmax", Softmax{}, {scores}), v});
    NodeId z =
        g.add(p + "together", Reshape{{0, kTokens, kWidth}}, {g.add(p + "back", Transpose{{0, 2, 1, 3}}, {attended})});
    x = g.add(p + "sum1", Add{}, {x, g.add(p + "projection", linear(kWidth, kWidth), {z})});
    z = g.add(p + "fc1", linear(kWidth, 2 * kWidth), {g.add(p + "norm2", norm(), {x})});
    z = g.add(p + "fc2", linear(2 * kWidth, kWidth), {g.add(p + "gelu", Gelu{}, {z})});
    x = g.add(p + "sum2", Add{}, {x, z});
  }
  x = g.add("norm", norm(), {x});
  x = g.add("token", Reshape{{0, kWidth}}, {g.add("first", Gather{1, {0}}, {x})});
  g.add_output("logits", g.add("head", linear(kWidth, kClasses), {x}));
  return g;
}

/// `count` pictures for it.
inline std::vector<float> small_pictures(int64_t count, uint64_t seed) {
  quant::Random random(seed, {});
  std::vector<float> numbers(static_cast<size_t>(count) * 3 * 16 * 16);
  for (float& x : numbers) x = static_cast<float>(random.normal());
  return numbers;
}

}  // namespace flashcell::test
