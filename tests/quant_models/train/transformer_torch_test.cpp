// Layers of transformers as libtorch operations: the executor's numbers, and gradients through all of them.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "quant_models/execute/executor.hpp"
#include "quant_models/train/torch_network.hpp"
#include "tests/quant_models/graph/oblong_transformer.hpp"

namespace flashcell::quant {
namespace {

at::Tensor forward(const TorchNetwork& network, const at::Tensor& input) {
  std::vector<at::Tensor> values;
  for (const Parameter& p : network.parameters()) values.push_back(p.value);
  return network.forward(input, values, nullptr);
}

void expect_equal_to_executor(const Graph& graph, const Tensor& x) {
  const std::vector<float> expected = run_all(graph, x.values, x.shape[0]);
  const at::Tensor y = forward(TorchNetwork(graph), to_torch(x));
  ASSERT_EQ(static_cast<size_t>(y.numel()), expected.size());
  const Tensor ours = from_torch(y);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(ours.values[i], expected[i], 1e-4F) << i;
}

TEST(TransformerTorch, SameNumbersAsTheExecutor) {
  test::Random random(5);
  expect_equal_to_executor(test::oblong_transformer(random), test::random_tensor({3, 3, 8, 12}, random));
}

TEST(TransformerTorch, OtherLayersGiveTheExecutorsNumbers) {
  test::Random random(6);
  const Tensor x = test::random_tensor({2, 4, 6}, random, 0.5F, 2);
  std::vector<Layer> layers = {ReduceMean{{1}, true}, ReduceMean{{-1, 1}, false}, Gather{2, {5, 0, 0, 3}}};
  for (int kind = 0; kind <= static_cast<int>(ElementwiseKind::power); ++kind)
    layers.emplace_back(Elementwise{static_cast<ElementwiseKind>(kind), 1.5F});
  for (const Layer& layer : layers) {
    SCOPED_TRACE(describe(layer));
    Graph graph;
    graph.add_output("y", graph.add("y", layer, {graph.add("x", Input{{1, 4, 6}})}));
    expect_equal_to_executor(graph, x);
  }
  Graph quotient;
  const NodeId input = quotient.add("x", Input{{1, 4, 6}});
  const NodeId mean = quotient.add("mean", ReduceMean{{1}, true}, {input});
  quotient.add_output("y", quotient.add("y", Divide{}, {input, mean}));
  expect_equal_to_executor(quotient, x);
}

TEST(TransformerTorch, GradientsReachTheInputAndEveryParameter) {
  test::Random random(7);
  const TorchNetwork network(test::oblong_transformer(random));
  const at::Tensor x = to_torch(test::random_tensor({2, 3, 8, 12}, random)).requires_grad_();
  std::vector<at::Tensor> values, all = {x};
  for (const Parameter& p : network.parameters()) {
    values.push_back(p.value.clone().requires_grad_());
    all.push_back(values.back());
  }
  const auto gradients = torch::autograd::grad({network.forward(x, values, nullptr).square().sum()}, all);
  for (size_t i = 0; i < gradients.size(); ++i) EXPECT_GT(gradients[i].abs().max().item<float>(), 0) << i;
}

TEST(TransformerTorch, TrainedLayersTakeTheirNumbers) {
  test::Random random(8);
  const Graph graph = test::oblong_transformer(random);
  TorchNetwork network(graph);
  EXPECT_EQ(network.trained(), graph);
  for (Parameter& p : network.parameters()) p.value = p.value * 2;
  const Graph trained = network.trained();
  const auto& before = std::get<LayerNormalization>(graph.node(graph.find("norm").value()).layer);
  const auto& after = std::get<LayerNormalization>(trained.node(trained.find("norm").value()).layer);
  EXPECT_EQ(after.scale.values[3], 2 * before.scale.values[3]);
  EXPECT_EQ(after.bias.values[3], 2 * before.bias.values[3]);
}

}  // namespace
}  // namespace flashcell::quant
