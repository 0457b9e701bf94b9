// Layers that other people's networks bring along, drawn at random: the integer program gives the graph's integers, and
// reference, engine and kernel the same bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "host/inference/engine/engine.hpp"
#include "host/inference/reference/reference.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/quantize/integer_functions.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/kernels_hls/qcnn/qcnn_launch.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using testing::HasSubstr;

constexpr int kLayerImages = 8, kItems = 2;

std::vector<float> images_for(const Graph& graph, test::Random& random) {
  Shape shape = graph.node(graph.inputs()[0]).shape;
  shape[0] = kLayerImages;
  return test::random_tensor(shape, random).values;
}

/// Pictures as the model stores its input: rows, columns, channels.
std::vector<uint8_t> stored_by_engine(const Graph& graph, std::span<const float> pictures) {
  const Node& input = graph.node(graph.inputs()[0]);
  const Quantization& q = *input.quantization;
  const auto channels = static_cast<size_t>(input.shape[1]),
             pixels = static_cast<size_t>(input.shape[2] * input.shape[3]);
  std::vector<uint8_t> bytes(pictures.size());
  for (size_t i = 0; i < pictures.size(); ++i) {
    const size_t item = i / (channels * pixels), channel = i / pixels % channels, pixel = i % pixels;
    bytes[(item * pixels + pixel) * channels + channel] =
        static_cast<uint8_t>(quantize(pictures[i], q.scale[0], q.zero_point[0], q.lowest(), q.highest()));
  }
  return bytes;
}

/// Share of the reference's outputs that are the graph's; `outputs` in the engine's order.
double agreement(const Graph& graph, std::span<const float> expected, const std::vector<uint8_t>& outputs,
                 int most_steps) {
  const Node& node = graph.node(graph.outputs()[0].node);
  const Quantization& q = *node.quantization;
  const size_t channels = static_cast<size_t>(node.shape[1]), each = outputs.size() / kItems, pixels = each / channels;
  size_t equal = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const size_t item = i / each, pixel = i % each / channels, channel = i % channels;
    const float real = expected[item * each + channel * pixels + pixel];
    const int wanted = static_cast<int>(std::lround(real / q.scale[0])) + q.zero_point[0];
    const int got = q.is_signed ? static_cast<int8_t>(outputs[i]) : outputs[i];
    EXPECT_LE(std::abs(got - wanted), most_steps) << i;
    equal += got == wanted;
  }
  return static_cast<double>(equal) / static_cast<double>(outputs.size());
}

std::vector<uint8_t> run_everywhere(const Graph& graph, const PackedModel& model, std::span<const float> pictures) {
  const std::vector<uint8_t> inputs = stored_by_engine(graph, pictures.first(pictures.size() / kLayerImages * kItems));
  std::vector<uint8_t> expected(kItems * bytes_of_role(model, contract::kOutputTensor)), outputs(expected.size());
  host::run_reference(model, inputs, kItems, expected);
  for (const host::inference::Target target : host::inference::supported_targets()) {
    host::Engine(model, target).run(inputs, kItems, outputs);
    EXPECT_EQ(outputs, expected) << host::inference::name_of(target);
  }
  const test::QcnnLaunch launch = test::launch_qcnn(qcnn_large_v2, model, inputs, kItems);
  EXPECT_EQ(launch.status, contract::QcnnStatus::done);
  EXPECT_EQ(launch.outputs, expected) << "HLS";
  return expected;
}

TEST(LowerLayers, GiveTheGraphsIntegersEverywhere) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    test::Random random(seed);
    const Graph graph = test::random_layers_of_others(random);
    const std::vector<float> pictures = images_for(graph, random);
    PostTrainingOptions options;
    const bool few = seed % 4 == 0;
    if (few) options.weights.bits = options.activations.bits = options.output_bits = 4;
    if (seed % 3 == 0) options.activations.symmetry = Symmetry::asymmetric;
    const Graph quantized = quantize_post_training(graph, pictures, kLayerImages, options);
    const std::vector<uint8_t> outputs = run_everywhere(quantized, lower(quantized, "test"), pictures);
    // Terms of sums are rounded: a step here and there, that later layers see.
    EXPECT_GE(agreement(quantized, run_all(quantized, pictures, kLayerImages), outputs, 2), few ? 0.7 : 0.75);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

// As ONNX files bring it: turned to the end and back.
TEST(LowerLayers, SoftmaxAlongRows) {
  test::Random random(7);
  Graph graph;
  NodeId x = graph.add("x", Input{{1, 3, 6, 9}});
  Convolution convolution;
  convolution.weight = test::random_tensor({4, 3, 1, 1}, random, -2, 2);
  x = graph.add("convolution", convolution, {x});
  x = graph.add("turned", Transpose{{0, 1, 3, 2}}, {x});
  x = graph.add("softmax", Softmax{-1}, {x});
  x = graph.add("back", Transpose{{0, 1, 3, 2}}, {x});
  convolution.weight = test::random_tensor({2, 4, 1, 1}, random);
  graph.add_output("y", graph.add("after", convolution, {x}));
  const std::vector<float> pictures = images_for(graph, random);
  const Graph quantized = fit_integer_functions(quantize_post_training(graph, pictures, kLayerImages, {}));
  const std::vector<uint8_t> outputs = run_everywhere(quantized, lower(quantized, "test"), pictures);
  agreement(quantized, run_all(quantized, pictures, kLayerImages), outputs, 5);
}

TEST(LowerLayers, RefusesWhatNothingComputes) {
  test::Random random(3);
  const auto complaint = [&](Graph graph) -> std::string {
    const std::vector<float> pictures = images_for(graph, random);
    try {
      lower(quantize_post_training(graph, pictures, kLayerImages, {}), "test");
      return "";
    } catch (const ModelError& e) {
      return e.what();
    }
  };
  const auto behind_convolution = [&](Layer layer) {
    Graph graph;
    Convolution convolution;
    convolution.weight = test::random_tensor({4, 3, 1, 1}, random);
    NodeId x = graph.add("convolution", convolution, {graph.add("x", Input{{1, 3, 6, 6}})});
    x = graph.add("odd", std::move(layer), {x});
    convolution.weight = test::random_tensor({4, graph.node(x).shape[1], 1, 1}, random);
    graph.add_output("y", graph.add("after", convolution, {x}));
    return graph;
  };
  EXPECT_THAT(complaint(behind_convolution(Softmax{1, true})), testing::AllOf(HasSubstr("'odd'"), HasSubstr("last")));
  EXPECT_THAT(complaint(behind_convolution(Pad{{0, 1, 0, 0}, {0, 0, 0, 0}, 3})),
              testing::AllOf(HasSubstr("'odd'"), HasSubstr("rows and columns")));
}

}  // namespace
}  // namespace flashcell::quant
