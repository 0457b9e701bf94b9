#include "quant_models/fusion/shared_arrays.hpp"

#include <gtest/gtest.h>

#include "quant_models/fusion/fusion_accuracy.hpp"
#include "quant_models/graph/shared_weights.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/quantize/low_bit_clipping.hpp"
#include "tests/quant_models/fusion/drawn_scenes.hpp"

namespace flashcell::quant {
namespace {

using namespace test_scenes;

Graph quantized(const FusionSet& set, int bits) {
  // Untrained: maps that calibration joins are then small, and errors of cells too.
  const Graph graph = simplify(make_fusion_detector(size_for(set, Fusion::concat)));
  const LowBitClippingOptions options{.weight_bits = 8, .activation_bits = bits, .converter_bits = bits};
  return share_converters(quantize_low_bit(graph, calibration_examples(set, {}, 8), 8, options));
}

std::vector<float> outputs(const Graph& graph, const FusionSet& set, const cim::PreparedLayers& arrays) {
  return run_all(
      graph, calibration_examples(set, {}, 4), 4, 1, {},
      arrays.empty() ? StepFactory(layer_step) : cim::array_steps(arrays, std::make_shared<cim::FirstItem>()));
}

double relative_error(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, power = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    power += b[i] * b[i];
  }
  return error / power;
}

TEST(SharedArrays, LayersOfOneSetOfWeightsAreOneArray) {
  const FusionSet set = scenes(8, 1);
  const Graph graph = quantized(set, 8);
  const cim::PreparedLayers arrays = program_shared(graph, cim::device_of("reram_wan_2022"), 8, 1);
  size_t shared = 0;
  for (const NodeId id : cim::nodes_on_arrays(graph)) {
    const NodeId owner = weight_owner(graph, id);
    EXPECT_EQ(arrays.at(graph.node(id).name), arrays.at(graph.node(owner).name));
    EXPECT_EQ(graph.node(id).quantization, graph.node(owner).quantization);
    shared += owner != id;
  }
  EXPECT_GE(shared, 16U);  // two heads of two layers at four more levels
}

// Without errors of cells and with converters of many bits the arrays compute what the quantized network does, over
// the levels that share one array too: its range is the widest one's.
TEST(SharedArrays, ComputeTheNetworkWhereCellsHaveNoErrors) {
  const FusionSet set = scenes(8, 1);
  const Graph graph = quantized(set, 8);
  cim::ArrayDevice device = cim::device_of("ideal_8bit");
  device.input.bits = 12;
  const std::vector<float> network = outputs(graph, set, {});
  EXPECT_LT(relative_error(outputs(graph, set, program_shared(graph, device, 14, 1)), network), 2e-3);
  // Errors of cells show, others in each chip; the same seed makes the same chip.
  const cim::ArrayDevice wan = cim::device_of("reram_wan_2022");
  const std::vector<float> chip = outputs(graph, set, program_shared(graph, wan, 8, 1));
  EXPECT_GT(relative_error(chip, network), 1e-3);
  EXPECT_EQ(outputs(graph, set, program_shared(graph, wan, 8, 1)), chip);
  EXPECT_NE(outputs(graph, set, program_shared(graph, wan, 8, 2)), chip);
}

// Reads that are noisy see another noise in each example, the same for every number of threads.
TEST(SharedArrays, DetectionsDoNotDependOnThreads) {
  FusionSet set = scenes(8, 6);
  set.test[3] = set.test[0];
  const Graph graph = quantized(set, 8);
  FusionRun run;
  run.arrays = program_shared(graph, cim::device_of("pcm_aihwkit"), 8, 1);
  const std::vector<DetectedPicture> one = detect_all(graph, set, run);
  run.threads = 3;
  const std::vector<DetectedPicture> three = detect_all(graph, set, run);
  const auto boxes = [](const DetectedPicture& picture) {
    std::vector<float> numbers;
    for (const Detection& d : picture.detections)
      numbers.insert(numbers.end(), {d.score, d.box.left, d.box.top, d.box.right, d.box.bottom});
    return numbers;
  };
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(boxes(one[i]), boxes(three[i])) << i;
}

}  // namespace
}  // namespace flashcell::quant
