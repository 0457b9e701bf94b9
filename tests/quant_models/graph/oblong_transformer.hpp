#pragma once
#include "quant_models/graph/graph.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

// A vision transformer as large ones are made, with random weights.
namespace flashcell::test {

/// Patches of 4x4 pixels of a 1 x 3 x 8 x 12 image, a class token, two blocks of two heads of 4 numbers, 5 classes.
quant::Graph oblong_transformer(Random& random);

inline quant::Graph oblong_transformer(Random& random) {
  using namespace quant;
  constexpr int64_t kWidth = 8, kHeads = 2, kHead = kWidth / kHeads;
  Graph graph;
  const auto name = [&](const char* kind) { return graph.free_name(kind); };
  const auto dense = [&](NodeId x, int64_t outputs) {
    const int64_t inputs = graph.node(x).shape.back();
    return graph.add(
        name("dense"),
        FullyConnected{random_tensor({outputs, inputs}, random, -0.5F, 0.5F), random_tensor({outputs}, random)}, {x});
  };
  const auto norm = [&](NodeId x) {
    return graph.add(name("norm"),
                     LayerNormalization{random_tensor({kWidth}, random, 0.5F, 1.5F), random_tensor({kWidth}, random)},
                     {x});
  };
  const auto part = [&](NodeId x, int64_t i) {  // of queries, keys and values
    const NodeId slice = graph.add(name("slice"), Slice{0, i, i + 1, 1}, {x});
    const Shape& shape = graph.node(slice).shape;
    return graph.add(name("part"), Reshape{{-1, shape[2], shape[3], shape[4]}}, {slice});
  };
  const auto attention = [&](NodeId x) {
    const NodeId split = graph.add(name("split"), Reshape{{0, 0, 3, kHeads, kHead}}, {dense(x, 3 * kWidth)});
    const NodeId turned = graph.add(name("turned"), Transpose{{2, 0, 3, 1, 4}}, {split});
    const NodeId keys = graph.add(name("keys"), Transpose{{0, 1, 3, 2}}, {part(turned, 1)});
    const NodeId scores = graph.add(name("scores"), Product{0.5F}, {part(turned, 0), keys});
    const NodeId shares = graph.add(name("shares"), Softmax{-1}, {scores});
    const NodeId heads = graph.add(name("heads"), Product{}, {shares, part(turned, 2)});
    const NodeId back = graph.add(name("back"), Transpose{{0, 2, 1, 3}}, {heads});
    return dense(graph.add(name("joined"), Reshape{{0, 0, kWidth}}, {back}), kWidth);
  };
  NodeId x = graph.add("x", Input{{1, 3, 8, 12}});
  Convolution patches{random_tensor({kWidth, 3, 4, 4}, random, -0.3F, 0.3F), random_tensor({kWidth}, random)};
  patches.stride = {4, 4};
  x = graph.add("patches", patches, {x});
  x = graph.add("flat", Reshape{{0, kWidth, -1}}, {x});
  x = graph.add("tokens", Transpose{{0, 2, 1}}, {x});
  x = graph.add("with class", Concat{1}, {graph.add("class", Constant{random_tensor({1, 1, kWidth}, random)}), x});
  x = graph.add("placed", Add{}, {x, graph.add("places", Constant{random_tensor({1, 7, kWidth}, random)})});
  for (int block = 0; block < 2; ++block) {
    x = graph.add(name("sum"), Add{}, {x, attention(norm(x))});
    const NodeId wide = graph.add(name("gelu"), Gelu{block == 1}, {dense(norm(x), 2 * kWidth)});
    x = graph.add(name("sum"), Add{}, {x, dense(wide, kWidth)});
  }
  const NodeId first = graph.add("first", Slice{1, 0, 1, 1}, {norm(x)});
  x = dense(graph.add("row", Reshape{{0, kWidth}}, {first}), 5);
  graph.add_output("y", x);
  return graph;
}

}  // namespace flashcell::test
