// Networks of two and three inputs of different sizes, from the graph to every device's bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "host/inference/engine/engine.hpp"
#include "host/inference/reference/reference.hpp"
#include "quant_models/execute/examples.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/fusion_detector.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/quantize/bias_correction.hpp"
#include "quant_models/quantize/image_network.hpp"
#include "quant_models/quantize/plan.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/kernels_hls/qcnn/qcnn_launch.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::any_of;
using test::Random;
using test::random_tensor;

constexpr int64_t kExamples = 12;

NodeId convolved(Graph& graph, const std::string& name, NodeId x, int64_t channels, int kernel, int stride,
                 Random& random) {
  const int64_t in = graph.node(x).shape[1];
  const float reach = 1.5F / std::sqrt(static_cast<float>(in * kernel * kernel));
  Convolution layer{random_tensor({channels, in, kernel, kernel}, random, -reach, reach),
                    random_tensor({channels}, random, -0.1F, 0.1F)};
  layer.stride = {stride, stride};
  layer.padding = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
  x = graph.add(name, std::move(layer), {x});
  return graph.add(name + ".relu", Activation{}, {x});
}

/// One value out of two of one shape.
NodeId joined(Graph& graph, const std::string& name, NodeId a, NodeId b, Random& random) {
  switch (random() % 3) {
    case 0:
      return graph.add(name, Add{}, {a, b});
    case 1:
      return graph.add(name, Multiply{}, {a, b});
    default:
      return graph.add(name, Concat{1}, {a, b});
  }
}

/// Branches of inputs with 1 to 5 channels and sides that come down to 6 x 4, joined one after the other.
Graph network(uint32_t seed) {
  Random random(seed);
  Graph graph;
  const int inputs = any_of({2, 3}, random);
  for (int i = 0; i < inputs; ++i) {
    const int down = any_of({1, 2, 4}, random);
    graph.add("input" + std::to_string(i), Input{{1, any_of<int64_t>({1, 2, 3, 5}, random), 6 * down, 4 * down}});
  }
  NodeId x = 0;
  for (int i = 0; i < inputs; ++i) {
    const std::string name = "input" + std::to_string(i);
    NodeId branch = graph.find(name).value();
    const auto down = static_cast<int>(graph.node(branch).shape[3] / 4);
    for (int left = down; left > 1; left /= 2)
      branch = convolved(graph, graph.free_name(name + ".down"), branch, 4, 3, 2, random);
    branch = convolved(graph, name + ".last", branch, i == 0 ? 6 : graph.node(x).shape[1], 1, 1, random);
    if (any_of({0, 1}, random) == 1) {
      const NodeId gate =
          graph.add(name + ".gate", GlobalPool{any_of({PoolKind::max, PoolKind::average}, random)}, {branch});
      const NodeId open = graph.add(name + ".open", Activation{.kind = ActivationKind::sigmoid}, {gate});
      branch = graph.add(name + ".gated", Multiply{}, {branch, open});
    }
    x = i == 0 ? branch : joined(graph, "join" + std::to_string(i), x, branch, random);
  }
  graph.add_output("map", convolved(graph, "head", x, 3, 3, 1, random));
  if (any_of({0, 1}, random) == 1) {
    const NodeId mean = graph.add("mean", GlobalPool{}, {x});
    const NodeId flat = graph.add("flat", Reshape{{0, -1}}, {mean});
    const int64_t in = graph.node(flat).shape[1];
    graph.add_output("scores", graph.add("full", FullyConnected{random_tensor({7, in}, random), {}}, {flat}));
  }
  return graph;
}

std::vector<float> examples(const Graph& graph, uint32_t seed) {
  Random random(seed);
  return random_tensor({kExamples, static_cast<int64_t>(example_size(graph))}, random, -1, 1).values;
}

/// An example as the model's inputs: all of them one after the other, rows, columns, channels.
std::vector<uint8_t> stored(const Graph& graph, std::span<const float> example) {
  std::vector<uint8_t> bytes;
  for (const NodeId id : graph.inputs()) {
    const Shape& shape = graph.node(id).shape;
    const Quantization& q = *graph.node(id).quantization;
    const int64_t channels = shape[1], pixels = shape[2] * shape[3];
    for (int64_t p = 0; p < pixels; ++p)
      for (int64_t c = 0; c < channels; ++c)
        bytes.push_back(static_cast<uint8_t>(quantize(example[static_cast<size_t>(c * pixels + p)], q.scale[0],
                                                      q.zero_point[0], q.lowest(), q.highest())));
    example = example.subspan(static_cast<size_t>(element_count(shape)));
  }
  return bytes;
}

/// What a model gives for `items` items on the reference; every other device must give the same.
std::vector<uint8_t> outputs_on_all(const PackedModel& model, std::span<const uint8_t> inputs, size_t items) {
  std::vector<uint8_t> expected(items * bytes_of_role(model, contract::kOutputTensor)), outputs(expected.size());
  host::run_reference(model, inputs, items, expected);
  for (const host::inference::Target target : host::inference::supported_targets()) {
    host::Engine(model, target).run(inputs, items, outputs);
    EXPECT_EQ(outputs, expected) << host::inference::name_of(target);
  }
  const test::QcnnLaunch launch = test::launch_qcnn(qcnn_large_v2, model, inputs, items);
  EXPECT_EQ(launch.status, contract::QcnnStatus::done);
  EXPECT_EQ(launch.outputs, expected);
  return expected;
}

class SeveralInputs : public testing::TestWithParam<uint32_t> {};

TEST_P(SeveralInputs, GiveTheSameBytesOnEveryDevice) {
  const Graph graph = prepare_for_plan(network(GetParam()));
  const std::vector<float> all = examples(graph, GetParam());
  const Graph quantized = quantize_post_training(graph, all, kExamples, {});
  const PackedModel model = lower(quantized, "fusion");
  constexpr size_t kItems = 2;
  std::vector<uint8_t> inputs;
  for (size_t i = 0; i < kItems; ++i) {
    const auto one = stored(quantized, std::span(all).subspan(i * example_size(graph), example_size(graph)));
    inputs.insert(inputs.end(), one.begin(), one.end());
  }
  ASSERT_EQ(inputs.size(), kItems * bytes_of_role(model, contract::kInputTensor));
  const std::vector<uint8_t> expected = outputs_on_all(model, inputs, kItems);
  // The first output is the graph's own, up to rounding.
  const std::vector<float> wanted = run_all(quantized, all, kExamples);
  const Quantization& q = *quantized.node(quantized.outputs()[0].node).quantization;
  const Shape& shape = quantized.node(quantized.outputs()[0].node).shape;
  for (int64_t p = 0; p < shape[2] * shape[3]; ++p)
    for (int64_t c = 0; c < shape[1]; ++c) {
      const int got = expected[static_cast<size_t>(p * shape[1] + c)] - q.zero_point[0];
      EXPECT_NEAR(got, wanted[static_cast<size_t>(c * shape[2] * shape[3] + p)] / q.scale[0], 3) << p << ", " << c;
    }
}

Graph through_a_file(const Graph& graph) {
  const std::string file = export_onnx(graph);
  return import_onnx(std::span(reinterpret_cast<const uint8_t*>(file.data()), file.size()), "memory");
}

TEST_P(SeveralInputs, AreReadFromTheFileThatWasWritten) {
  const Graph graph = network(GetParam());
  EXPECT_EQ(through_a_file(graph), graph);
  const std::vector<float> all = examples(graph, GetParam());
  const Graph quantized = quantize_post_training(simplify(graph), all, kExamples, {});
  EXPECT_EQ(run_all(through_a_file(quantized), all, kExamples), run_all(quantized, all, kExamples));
}

TEST_P(SeveralInputs, BatchesAndThreadsChangeNothing) {
  const Graph graph = network(GetParam());
  const std::vector<float> all = examples(graph, GetParam());
  const std::vector<float> one_by_one = run_all(graph, all, kExamples, 1);
  EXPECT_EQ(run_all(graph, all, kExamples, 5), one_by_one);
  EXPECT_EQ(run_all(graph, all, kExamples, RunAllOptions{.batch = 4, .threads = 3}), one_by_one);
}

TEST_P(SeveralInputs, AreWhatPassesOfAPlanWorkWith) {
  const Graph graph = prepare_for_plan(network(GetParam()));
  const std::vector<float> all = examples(graph, GetParam());
  PostTrainingOptions options;
  options.weights.bits = 4;
  options.input = unsigned_quantization(8, 1 / 255.F);  // of the first input alone
  AdaptiveRoundingOptions rounding;
  rounding.iterations = 20;
  const Plan plan = {equalize_pass(), post_training_pass(options), adaptive_rounding_pass(rounding),
                     bias_correction_pass()};
  const PlanResult result = run_plan(plan, graph, {all, kExamples});
  const std::vector<NodeId> inputs = result.quantized.inputs();
  EXPECT_EQ(result.quantized.node(inputs[0]).quantization, options.input);
  EXPECT_NE(result.quantized.node(inputs[1]).quantization, options.input);
  EXPECT_EQ(run_plan(plan, graph, {all, kExamples}).quantized, result.quantized);
}

INSTANTIATE_TEST_SUITE_P(Random, SeveralInputs, testing::Range(1U, 13U));

// Attention, levels and heads of the detectors of frames and events.
TEST(SeveralInputs, OfADetectorGiveTheSameBytesOnEveryDevice) {
  for (const Fusion fusion : {Fusion::concat, Fusion::attention, Fusion::light}) {
    FusionDetectorOptions o;
    o.fusion = fusion;
    o.rows = o.columns = 32;
    o.width = 2;
    o.blocks = {1, 1, 1, 1};
    o.pyramid_channels = 8;
    o.head_depth = 1;
    o.reduction = 4;
    const Graph graph = prepare_for_plan(make_fusion_detector(o));
    const std::vector<float> all = examples(graph, 7);
    const Graph quantized = quantize_post_training(graph, all, kExamples, {});
    const PackedModel model = lower(quantized, "detector");
    const auto outputs = outputs_on_all(model, stored(quantized, std::span(all).first(example_size(graph))), 1);
    EXPECT_GT(std::set<uint8_t>(outputs.begin(), outputs.end()).size(), 3U) << name_in(kFusionNames, fusion);
  }
}

TEST(SeveralInputs, ArePastWhatWorksWithPictures) {
  try {
    prepare_image_network(network(1));
    FAIL() << "taken";
  } catch (const ModelError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("inputs; this takes a network of one image"));
  }
}

}  // namespace
}  // namespace flashcell::quant
