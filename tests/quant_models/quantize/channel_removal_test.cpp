// Networks with fewer channels.
#include "quant_models/quantize/channel_removal.hpp"

#include <gtest/gtest.h>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/graph/simplify.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::Random;
using test::random_graph;
using test::random_tensor;

// Of the layer that reads the channels, what belongs to the removed ones is 0.
Graph without_reading(Graph graph, const ChannelChain& chain, const std::vector<int64_t>& kept) {
  Layer layer = graph.node(chain.last).layer;
  Tensor& weight = *weight_of(layer);
  const int64_t inner = static_cast<int64_t>(weight.values.size()) / (weight.shape[0] * weight.shape[1]);
  for (size_t i = 0; i < weight.values.size(); ++i) {
    const int64_t channel = static_cast<int64_t>(i) / inner % weight.shape[1];
    if (std::find(kept.begin(), kept.end(), channel) == kept.end()) weight.values[i] = 0;
  }
  graph.replace(chain.last, layer);
  return graph;
}

TEST(ChannelRemoval, ComputesWhatItDidWithTheOtherChannelsUnread) {
  Random random(1);
  int chains = 0;
  for (int round = 0; round < 40; ++round) {
    const Graph graph = simplify(random_graph(random));
    const std::vector<float> image = random_tensor(graph.node(graph.inputs()[0]).shape, random).values;
    for (const ChannelChain& chain : find_channel_chains(graph)) {
      std::vector<int64_t> kept;
      for (int64_t c = 0; c < chain.channels; ++c)
        if (random() % 2 == 0) kept.push_back(c);
      if (kept.empty()) continue;
      const Graph smaller = keep_channels(graph, chain, kept);
      const std::vector<float> expected = run_all(without_reading(graph, chain, kept), image, 1);
      const std::vector<float> now = run_all(smaller, image, 1);
      ASSERT_EQ(now.size(), expected.size());
      for (size_t i = 0; i < now.size(); ++i) EXPECT_NEAR(now[i], expected[i], 1e-4 * (1 + std::abs(expected[i])));
      if (static_cast<int64_t>(kept.size()) < chain.channels) {
        EXPECT_LT(total_cost(smaller).parameters, total_cost(graph).parameters);
        EXPECT_LT(total_cost(smaller).macs, total_cost(graph).macs);
      }
      ++chains;
    }
  }
  EXPECT_GT(chains, 30);
}

TEST(ChannelRemoval, ChainsPassDepthwiseLayersAndEndAtSums) {
  Random random(2);
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 3, 8, 8}});
  const auto convolution = [&](const char* name, NodeId from, int64_t out, int groups) {
    Convolution layer{random_tensor({out, graph.node(from).shape[1] / groups, 1, 1}, random), {}};
    layer.groups = groups;
    return graph.add(name, layer, {from});
  };
  const NodeId wide = convolution("wide", x, 6, 1);
  const NodeId depthwise = convolution("depthwise", graph.add("relu", Activation{}, {wide}), 6, 6);
  const NodeId narrow = convolution("narrow", depthwise, 3, 1);
  const NodeId sum = graph.add("sum", Add{}, {narrow, x});
  graph.add_output("y", convolution("end", sum, 2, 1));
  const auto chains = find_channel_chains(graph);
  ASSERT_EQ(chains.size(), 1U);  // narrow's channels are summed with others, end's are handed out
  EXPECT_EQ(chains[0].first, wide);
  EXPECT_EQ(chains[0].last, narrow);
  EXPECT_EQ(chains[0].between.size(), 2U);
  const std::vector<int64_t> kept = {1, 4};
  const Graph smaller = keep_channels(graph, chains[0], kept);
  EXPECT_EQ(std::get<Convolution>(smaller.node(*smaller.find("depthwise")).layer).groups, 2);
  for (const std::vector<int64_t>& wrong : {std::vector<int64_t>{}, {4, 1}, {1, 1}, {6}, {-1}})
    EXPECT_THROW(keep_channels(graph, chains[0], wrong), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
