#include "quant_models/graph/attention.hpp"

#include <gtest/gtest.h>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/blocks.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/quant_models/graph/small_transformer.hpp"

namespace flashcell::quant {
namespace {

TEST(FindAttentions, BetweenTwoProducts) {
  Graph graph = test::small_transformer(1, 3);
  const auto expected = [&](const std::string& block) {
    return Attention{*graph.find(block + ".scores"), *graph.find(block + ".softmax"), *graph.find(block + ".attended")};
  };
  const std::vector<Attention> all = {expected("block0"), expected("block1"), expected("block2")};
  EXPECT_EQ(find_attentions(graph), all);
  // A mask, a factor and a reshape on the way.
  const NodeId scores = *graph.find("block1.scores"), softmax = *graph.find("block1.softmax");
  const NodeId factor = graph.add("factor", Constant{{{1}, {2}}}),
               scaled = graph.add("scaled", Multiply{}, {scores, factor});
  const NodeId mask = graph.add("mask", Constant{{{1, 1, 17, 17}, std::vector<float>(289, 0.5F)}});
  const NodeId masked = graph.add("masked", Add{}, {mask, scaled});
  graph.replace(softmax, Softmax{}, {graph.add("view", Reshape{{0, 2, 17, 17}}, {masked})});
  EXPECT_EQ(find_attentions(graph), all);
}

TEST(FindAttentions, NoneWhereASoftmaxStandsAlone) {
  Graph graph;
  const NodeId input = graph.add("input", Input{{1, 4, 6}});
  const NodeId product = graph.add("product", Product{}, {input, graph.add("turned", Transpose{{0, 2, 1}}, {input})});
  graph.add_output("y", graph.add("softmax", Softmax{}, {product}));
  EXPECT_TRUE(find_attentions(graph).empty());
}

TEST(FindBlocks, OfATransformer) {
  const Graph graph = test::small_transformer(2);
  const auto id = [&](const char* name) { return *graph.find(name); };
  const std::vector<Block> expected = {{id("input"), id("patches")},           {id("patches"), id("block0.sum1")},
                                       {id("block0.sum1"), id("block0.sum2")}, {id("block0.sum2"), id("block1.sum1")},
                                       {id("block1.sum1"), id("block1.sum2")}, {id("block1.sum2"), id("head")}};
  EXPECT_EQ(find_blocks(graph), expected);
}

// Run one after the other, blocks are the network.
TEST(FindBlocks, TogetherTheyAreTheNetwork) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    test::Random random(seed);
    const Graph graph = seed % 3 == 0 ? test::small_transformer(seed) : test::random_graph(random);
    if (graph.outputs().size() != 1) continue;
    const Shape& shape = graph.node(graph.inputs()[0]).shape;
    const std::vector<float> image = test::random_tensor(shape, random).values;
    std::vector<float> value = image;
    NodeId at = graph.inputs()[0];
    for (const Block& block : find_blocks(graph)) {
      EXPECT_EQ(block.input, at);
      value = run_all(extract(graph, block), value, 1);
      at = block.output;
    }
    EXPECT_EQ(at, graph.outputs()[0].node);
    EXPECT_EQ(value, run_all(graph, image, 1));
  }
}

}  // namespace
}  // namespace flashcell::quant
