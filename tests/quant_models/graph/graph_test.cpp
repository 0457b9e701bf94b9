#include "quant_models/graph/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quant_models/graph/cost.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor zeros(Shape shape) {
  const auto count = static_cast<size_t>(element_count(shape));
  return {std::move(shape), std::vector<float>(count, 0.0F)};
}

Convolution convolution(int64_t out, int64_t in, int kernel, int stride = 1, int groups = 1) {
  const int p = kernel / 2;
  return {zeros({out, in / groups, kernel, kernel}), zeros({out}), {stride, stride}, {p, p, p, p}, groups};
}

/// input -> first -> relu -> second, the output.
Graph small_graph() {
  Graph graph;
  NodeId x = graph.add("input", Input{{1, 3, 32, 32}});
  x = graph.add("first", convolution(8, 3, 3, 2), {x});
  x = graph.add("relu", Activation{}, {x});
  x = graph.add("second", convolution(4, 8, 5), {x});
  graph.add_output("out", x);
  return graph;
}

std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> all;
  for (const NodeId id : graph.order()) all.push_back(graph.node(id).name);
  return all;
}

std::string message_of(const std::function<void()>& function) {
  try {
    function();
  } catch (const ModelError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(Graph, InfersShapes) {
  const Graph graph = small_graph();
  EXPECT_EQ(graph.node(*graph.find("first")).shape, (Shape{1, 8, 16, 16}));
  EXPECT_EQ(graph.node(*graph.find("second")).shape, (Shape{1, 4, 16, 16}));
  const Graph batched = with_batch(graph, 5);
  EXPECT_EQ(batched.node(*graph.find("second")).shape, (Shape{5, 4, 16, 16}));
}

TEST(Graph, EveryLayersShape) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{2, 6, 9, 12}});
  const auto shape_with = [&](Layer layer, std::vector<NodeId> inputs) {
    return graph.node(graph.add(graph.free_name("n"), std::move(layer), std::move(inputs))).shape;
  };
  EXPECT_EQ(shape_with(convolution(12, 6, 3, 1, 6), {x}), (Shape{2, 12, 9, 12}));
  EXPECT_EQ(shape_with(Pool{PoolKind::max, {3, 3}, {2, 2}, {1, 1, 1, 1}}, {x}), (Shape{2, 6, 5, 6}));
  EXPECT_EQ(shape_with(GlobalPool{}, {x}), (Shape{2, 6, 1, 1}));
  EXPECT_EQ(shape_with(Concat{1}, {x, x, x}), (Shape{2, 18, 9, 12}));
  EXPECT_EQ(shape_with(Slice{1, 1, 6, 2}, {x}), (Shape{2, 3, 9, 12}));
  EXPECT_EQ(shape_with(Pad{{0, 0, 1, 2}, {0, 3, 0, 0}}, {x}), (Shape{2, 9, 10, 14}));
  EXPECT_EQ(shape_with(ResizeNearest{2, 3}, {x}), (Shape{2, 6, 18, 36}));
  EXPECT_EQ(shape_with(Reshape{{0, 2, -1}}, {x}), (Shape{2, 2, 324}));
  EXPECT_EQ(shape_with(Transpose{{0, 2, 3, 1}}, {x}), (Shape{2, 9, 12, 6}));
  EXPECT_EQ(shape_with(Softmax{-1}, {x}), (Shape{2, 6, 9, 12}));
  EXPECT_EQ(shape_with(FullyConnected{zeros({5, 12}), {}}, {x}), (Shape{2, 6, 9, 5}));
  const NodeId gate = graph.add("gate", GlobalPool{}, {x});
  EXPECT_EQ(shape_with(Multiply{}, {x, gate}), (Shape{2, 6, 9, 12}));
  EXPECT_EQ(shape_with(BatchNormalization{zeros({6}), zeros({6}), zeros({6}), zeros({6})}, {x}), (Shape{2, 6, 9, 12}));
}

TEST(Graph, SaysWhichNodeDoesNotFit) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 6, 9, 12}});
  const auto refused = [&](Layer layer, std::vector<NodeId> inputs) {
    Graph copy = graph;
    return message_of([&] { copy.add("bad one", std::move(layer), std::move(inputs)); });
  };
  EXPECT_THAT(refused(convolution(4, 3, 3), {x}), AllOf(HasSubstr("'bad one'"), HasSubstr("6 channels")));
  EXPECT_THAT(refused(convolution(4, 6, 31), {}), HasSubstr("0 inputs"));
  EXPECT_THAT(refused(Pool{PoolKind::max, {3, 3}, {0, 1}}, {x}), HasSubstr("stride"));
  EXPECT_THAT(refused(Pool{PoolKind::max, {3, 3}, {1, 1}, {3, 0, 0, 0}}, {x}), HasSubstr("padding"));
  EXPECT_THAT(refused(Pool{PoolKind::max, {20, 3}}, {x}), HasSubstr("larger than the padded input"));
  EXPECT_THAT(refused(Concat{4}, {x, x}), HasSubstr("axis 4"));
  EXPECT_THAT(refused(Slice{1, 3, 3}, {x}), HasSubstr("dimension of 6"));
  EXPECT_THAT(refused(Reshape{{-1, -1}}, {x}), HasSubstr("more than one"));
  EXPECT_THAT(refused(Reshape{{5, -1}}, {x}), HasSubstr("does not fit"));
  EXPECT_THAT(refused(Transpose{{0, 1, 1, 2}}, {x}), HasSubstr("permutation"));
  EXPECT_THAT(refused(ResizeNearest{1 << 20, 1 << 20}, {x}), HasSubstr("too large"));
  EXPECT_THAT(refused(FullyConnected{zeros({5, 11}), {}}, {x}), HasSubstr("does not fit"));
  Convolution broken = convolution(2, 6, 1);
  broken.weight.values[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refused(broken, {x}), HasSubstr("not finite"));
  broken = convolution(2, 6, 1);
  broken.weight_quantization = weight_quantization(4, {0.1F, 0.2F, 0.3F});
  EXPECT_THAT(refused(broken, {x}), HasSubstr("scales"));
  EXPECT_THAT(message_of([&] { graph.add("x", Activation{}, {x}); }), HasSubstr("twice"));
  EXPECT_THAT(message_of([&] { graph.set_quantization(x, unsigned_quantization(17, 1)); }), HasSubstr("1..16"));
  EXPECT_THROW(graph.add("y", Activation{}, {99}), std::invalid_argument);
}

TEST(Graph, Edits) {
  Graph graph = small_graph();
  const NodeId first = *graph.find("first"), relu = *graph.find("relu"), second = *graph.find("second");
  const NodeId norm = graph.insert_after(first, "norm", Activation{.kind = ActivationKind::tanh});
  EXPECT_THAT(names(graph), ElementsAre("input", "first", "norm", "relu", "second"));
  EXPECT_THAT(graph.node(relu).inputs, ElementsAre(norm));
  EXPECT_THAT(graph.readers(first), ElementsAre(norm));
  graph.remove(norm);
  EXPECT_EQ(graph, small_graph());
  // Behind an output, the new node is the output.
  const NodeId last = graph.insert_after(second, "last", Activation{});
  EXPECT_TRUE(graph.is_output(last));
  graph.replace(last, ResizeNearest{});
  EXPECT_EQ(graph.node(last).shape, (Shape{1, 4, 32, 32}));
  // A node may come to read one that stands behind it.
  graph.replace(last, Add{}, {first, first});
  const NodeId late = graph.add("late", Activation{}, {graph.inputs()[0]});
  graph.replace(first, convolution(8, 3, 3, 2), {late});
  EXPECT_THAT(names(graph), ElementsAre("input", "late", "first", "relu", "second", "last"));
  EXPECT_THAT(message_of([&] { graph.replace(first, Add{}, {last, last}); }), HasSubstr("cycle"));
}

TEST(Graph, RemovesWhatNoOutputNeeds) {
  Graph graph = small_graph();
  const NodeId spare = graph.add("spare", Activation{}, {*graph.find("first")});
  graph.add("behind", Activation{}, {spare});
  graph.remove_unused();
  EXPECT_EQ(graph, small_graph());
  EXPECT_FALSE(graph.find("spare").has_value());
  EXPECT_THROW(graph.node(spare), std::invalid_argument);
}

TEST(Graph, ComparesEverything) {
  Graph other = small_graph();
  EXPECT_EQ(other, small_graph());
  other.set_quantization(*other.find("relu"), unsigned_quantization(8, 0.5F));
  EXPECT_FALSE(other == small_graph());
  other = small_graph();
  Layer layer = other.node(*other.find("first")).layer;
  bias_of(layer)->values[2] = 1;
  other.replace(*other.find("first"), layer);
  EXPECT_FALSE(other == small_graph());
}

/// A detector's end: three heads of one map, joined; and one head alone, in another order.
Graph tailed_graph() {
  Graph graph = small_graph();
  const NodeId map = *graph.find("second");
  graph.remove_outputs();
  const auto head = [&](const std::string& name, int64_t channels) {
    return graph.add(name, convolution(channels, 4, 1), {map});
  };
  Activation sigmoid;
  sigmoid.kind = ActivationKind::sigmoid;
  const NodeId object = graph.add("object_sigmoid", sigmoid, {head("object", 1)}), box = head("box", 4);
  NodeId classes = graph.add("last", Transpose{{0, 2, 3, 1}}, {head("classes", 7)});
  classes = graph.add("softmax", Softmax{}, {classes});
  classes = graph.add("back", Transpose{{0, 3, 1, 2}}, {classes});
  graph.add_output("joined", graph.add("join", Concat{}, {object, box, classes}));
  NodeId mask = graph.add("mask_last", Transpose{{0, 2, 3, 1}}, {head("mask", 2)});
  graph.add_output("mask", graph.add("mask_rows", Reshape{{1, -1, 2}}, {mask}));
  return graph;
}

TEST(OutputTail, IsWhatComesBehindTheLastLayersThatCompute) {
  const Graph graph = tailed_graph();
  std::vector<std::string> tail;
  for (const NodeId id : output_tail(graph)) tail.push_back(graph.node(id).name);
  EXPECT_THAT(tail, ElementsAre("object_sigmoid", "last", "softmax", "back", "join", "mask_last", "mask_rows"));
  const Graph heads = remove_output_tail(graph);
  std::vector<std::string> outputs, nodes;
  for (const Output& output : heads.outputs()) {
    outputs.push_back(output.name);
    nodes.push_back(heads.node(output.node).name);
  }
  EXPECT_THAT(outputs, ElementsAre("object", "box", "classes", "mask"));
  EXPECT_THAT(nodes, ElementsAre("object", "box", "classes", "mask"));
  EXPECT_TRUE(output_tail(heads).empty());
}

TEST(OutputTail, IsEmptyWhereTheNetworkGoesOn) {
  EXPECT_TRUE(output_tail(small_graph()).empty());
  // A gate in the middle, and one that an output and another layer read.
  Graph graph = small_graph();
  Activation sigmoid;
  sigmoid.kind = ActivationKind::sigmoid;
  const NodeId last = *graph.find("second"), gate = graph.add("gate", sigmoid, {last});
  graph.remove_outputs();
  graph.add_output("gated", graph.add("product", Multiply{}, {last, gate}));
  EXPECT_TRUE(output_tail(graph).empty());
  graph.add_output("gate", gate);
  EXPECT_TRUE(output_tail(graph).empty());
  EXPECT_EQ(remove_output_tail(graph), graph);
  // Flattening in front of a classifier's scores is no tail.
  Graph flat = small_graph();
  const NodeId rows = flat.add("flat", Reshape{{0, -1}}, {flat.outputs()[0].node});
  flat.remove_outputs();
  flat.add_output("scores", rows);
  EXPECT_TRUE(output_tail(flat).empty());
}

TEST(Cost, CountsByHand) {
  Graph graph = small_graph();
  const Cost first = cost(graph, *graph.find("first"));
  EXPECT_EQ(first.macs, 16 * 16 * 8 * 3 * 9);
  EXPECT_EQ(first.parameters, 8 * 27 + 8);
  EXPECT_EQ(first.parameter_bits, 32 * (8 * 27 + 8));
  EXPECT_EQ(first.value_bits, 32 * 8 * 256);
  Layer layer = graph.node(*graph.find("first")).layer;
  *weight_quantization_of(layer) = weight_quantization(4, {1.0F});
  graph.replace(*graph.find("first"), layer);
  graph.set_quantization(*graph.find("first"), signed_quantization(8, 1));
  EXPECT_EQ(cost(graph, *graph.find("first")).parameter_bits, 4 * 8 * 27 + 32 * 8);
  const Cost all = total_cost(graph);
  EXPECT_EQ(all.macs, 16 * 16 * (8 * 27 + 4 * 8 * 25));
  // Most alive: the input and first; more than first and relu, or relu and second.
  EXPECT_EQ(all.value_bits, 3072 * 32 + 2048 * 8);
}

}  // namespace
}  // namespace flashcell::quant
