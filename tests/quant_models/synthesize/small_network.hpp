#pragma once
#include <cmath>
#include <map>
#include <vector>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/graph.hpp"
#include "quant_models/random.hpp"

// A network with batch normalization that has seen something, for tests of what is drawn out of networks.
namespace flashcell::test {

inline constexpr int64_t kSide = 16, kColours = 3, kKinds = 4;

inline quant::Tensor normal_numbers(quant::Shape shape, quant::Random& random, double scale) {
  std::vector<float> values(static_cast<size_t>(quant::element_count(shape)));
  for (float& v : values) v = static_cast<float>(scale * random.normal());
  return quant::make_tensor(std::move(shape), std::move(values));
}

/// Smooth coloured blobs: what the network "was trained on".
inline std::vector<float> blob_pictures(int64_t count, uint64_t seed) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    quant::Random random(seed, {static_cast<uint64_t>(i)});
    for (int64_t c = 0; c < kColours; ++c) {
      const double x = random.uniform(2, 14), y = random.uniform(2, 14), wide = random.uniform(3, 8);
      const double height = random.uniform(-2, 2);
      for (int64_t r = 0; r < kSide; ++r)
        for (int64_t k = 0; k < kSide; ++k) {
          const double square = (r - y) * (r - y) + (k - x) * (k - x);
          values.push_back(static_cast<float>(height * std::exp(-square / (wide * wide))));
        }
    }
  }
  return values;
}

/// Convolution, batch normalization and ReLU twice, mean over the pixels, fully connected; random weights, and the
/// statistics of 64 blob pictures in its batch normalization. `normalized`: false leaves batch normalization away.
inline quant::Graph small_network(uint64_t seed, bool normalized = true) {
  using namespace quant;
  Random random(seed, {0});
  Graph graph;
  NodeId x = graph.add("image", Input{{1, kColours, kSide, kSide}});
  int64_t channels = kColours;
  for (const int64_t out : {8, 12}) {
    Convolution c;
    c.weight = normal_numbers({out, channels, 3, 3}, random, std::sqrt(2.0 / static_cast<double>(9 * channels)));
    c.padding = {1, 1, 1, 1};
    c.stride = out == 12 ? Stride{2, 2} : Stride{1, 1};
    const std::string name = "conv" + std::to_string(out);
    x = graph.add(name, c, {x});
    if (normalized) {
      const auto one = [&](float value) {
        return make_tensor({out}, std::vector<float>(static_cast<size_t>(out), value));
      };
      x = graph.add(name + "_norm", BatchNormalization{one(1), one(0.1F), one(0), one(1), 1e-5F}, {x});
    }
    x = graph.add(name + "_relu", Activation{}, {x});
    channels = out;
  }
  x = graph.add("mean", GlobalPool{}, {x});
  x = graph.add("flat", Reshape{{0, -1}}, {x});
  FullyConnected full;
  full.weight = normal_numbers({kKinds, channels}, random, 1.5);
  full.bias = normal_numbers({kKinds}, random, 0.1);
  graph.add_output("scores", graph.add("full", full, {x}));
  if (!normalized) return graph;
  // One batch normalization after the other: the second one sees what the first one gives.
  const std::vector<float> pictures = blob_pictures(64, seed + 1);
  for (const char* name : {"conv8", "conv12"}) {
    const NodeId id = graph.find(name).value(), norm = graph.find(std::string(name) + "_norm").value();
    BatchNormalization layer = std::get<BatchNormalization>(graph.node(norm).layer);
    const auto wide = layer.mean.values.size();
    std::vector<double> sum(wide), squares(wide);
    double count = 0;
    run_all(graph, pictures, 64, 1, [&](NodeId node, std::span<const float> value) {
      if (node != id) return;
      const size_t each = value.size() / wide;
      for (size_t c = 0; c < wide; ++c)
        for (size_t i = c * each; i < (c + 1) * each; ++i) {
          sum[c] += static_cast<double>(value[i]);
          squares[c] += static_cast<double>(value[i]) * static_cast<double>(value[i]);
        }
      count += static_cast<double>(each);
    });
    for (size_t c = 0; c < wide; ++c) {
      const double mean = sum[c] / count;
      layer.mean.values[c] = static_cast<float>(mean);
      layer.variance.values[c] = static_cast<float>(squares[c] / count - mean * mean);
    }
    graph.replace(norm, layer);
  }
  return graph;
}

}  // namespace flashcell::test
