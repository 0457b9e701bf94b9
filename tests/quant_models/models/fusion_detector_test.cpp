// Detectors of a frame and events: their attention as its authors' code computes it, their sizes as published, and
// boxes there and back.
#include "quant_models/models/fusion_detector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/execute/examples.hpp"
#include "quant_models/graph/shared_weights.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/models/fusion_boxes.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using Arrays = std::map<std::string, NumpyArray>;

FusionDetectorOptions small(Fusion fusion) {
  FusionDetectorOptions o;
  o.fusion = fusion;
  o.rows = 64;
  o.columns = 96;
  o.width = 4;
  o.blocks = {1, 1, 2, 1};
  o.pyramid_channels = 8;
  o.head_depth = 1;
  o.reduction = 4;
  return o;
}

/// The authors' names of what a calibration's nodes hold.
class Vectors : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    const std::filesystem::path file =
        test::data_dir() / "../vectors/bdc" / ("refusion_C" + std::to_string(GetParam()) + ".npz");
    FLASHCELL_NEEDS_FILE(file);
    arrays_ = read_npz(file.string());
  }

  Tensor array(const std::string& name) const { return arrays_.at(name).tensor(); }

  void set_convolution(Graph& graph, const std::string& node, const std::string& name) const {
    const NodeId id = graph.find(node).value();
    auto layer = std::get<Convolution>(graph.node(id).layer);
    layer.weight.values = array("P_" + name + ".weight").values;
    if (arrays_.contains("P_" + name + ".bias")) layer.bias = array("P_" + name + ".bias");
    graph.replace(id, std::move(layer));
  }
  void set_norm(Graph& graph, const std::string& node, const std::string& name) const {
    const NodeId id = graph.find(node).value();
    auto layer = std::get<BatchNormalization>(graph.node(id).layer);
    layer.scale = array("P_" + name + ".weight");
    layer.bias = array("P_" + name + ".bias");
    layer.mean = array("P_" + name + ".running_mean");
    layer.variance = array("P_" + name + ".running_var");
    layer.epsilon = 1e-5F;
    graph.replace(id, std::move(layer));
  }

  Arrays arrays_;
};

TEST_P(Vectors, CalibrationIsTheAuthors) {
  LayerStack stack(1);
  const Tensor rgb = array("rgb"), events = array("evt"), expected = array("out");
  const NodeId x = stack.graph().add("rgb", Input{rgb.shape}), e = stack.graph().add("events", Input{events.shape});
  stack.graph().add_output("y", add_calibration(stack, "f", x, e, {}));
  Graph graph = std::move(stack.graph());
  set_convolution(graph, "f.rgb.first", "conv0_rgb");
  set_convolution(graph, "f.events.first", "conv0_evt");
  for (const auto& [ours, theirs] : {std::pair{"rgb", "rgb"}, {"events", "evt"}}) {
    for (const char* what : {"@mean", "@maximum"}) {
      set_convolution(graph, std::string("f.") + ours + ".narrow" + what,
                      std::string("ChannelGate_") + theirs + ".mlp.1");
      set_convolution(graph, std::string("f.") + ours + ".wide" + what,
                      std::string("ChannelGate_") + theirs + ".mlp.3");
    }
    set_convolution(graph, std::string("f.places.large@") + ours, "SpatialGate.spatial.conv");
    set_norm(graph, std::string("f.places.large@") + ours + ".norm", "SpatialGate.spatial.bn");
    set_convolution(graph, std::string("f.") + ours + ".second", std::string("conv1_") + theirs + ".0");
    set_norm(graph, std::string("f.") + ours + ".second.norm", std::string("conv1_") + theirs + ".1");
  }
  set_convolution(graph, "f.last", "conv.0");
  set_norm(graph, "f.last.norm", "conv.1");
  std::vector<float> inputs = rgb.values;
  inputs.insert(inputs.end(), events.values.begin(), events.values.end());
  for (const Graph& each : {graph, simplify(graph)}) {
    const std::vector<float> output = run_all(each, inputs, 1);
    ASSERT_EQ(output.size(), expected.values.size());
    for (size_t i = 0; i < output.size(); ++i) ASSERT_NEAR(output[i], expected.values[i], 5e-6) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Bdc, Vectors, testing::Values(32, 64));

// Ichikawa et al.: 131, 542 and 131 million cells, two for each weight.
TEST(FusionDetector, HasThePublishedNumberOfCells) {
  const std::pair<Fusion, double> published[] = {
      {Fusion::concat, 131e6}, {Fusion::attention, 542e6}, {Fusion::light, 131e6}};
  for (const auto& [fusion, cells] : published) {
    FusionDetectorOptions options;
    options.fusion = fusion;
    options.seed.reset();
    const Graph graph = make_fusion_detector(options);
    EXPECT_NEAR(2.0 * static_cast<double>(distinct_weights(graph)), cells, 0.005 * cells)
        << name_in(kFusionNames, fusion);
  }
}

TEST(FusionDetector, GivesANumberForEachAnchorAndClass) {
  for (const auto& [fusion, name] : kFusionNames) {
    const FusionDetectorOptions o = small(fusion);
    const Graph graph = make_fusion_detector(o);
    const auto anchors = static_cast<int64_t>(make_anchors(o.rows, o.columns, {}).size());
    EXPECT_EQ(graph.node(graph.outputs()[0].node).shape, (Shape{1, 3 * 7, anchors / 3})) << name;
    EXPECT_EQ(graph.inputs().size(), fusion == Fusion::rgb_only || fusion == Fusion::event_only ? 1U : 2U);
    const Graph batch = with_batch(graph, 3);
    std::vector<float> examples(3 * example_size(graph), 0.5F);
    for (size_t i = 0; i < examples.size(); ++i) examples[i] = static_cast<float>(i % 17) / 17;
    const std::vector<float> together = run_all(graph, examples, 3, 3), apart = run_all(graph, examples, 3, 1);
    EXPECT_EQ(together, apart) << name;
  }
}

TEST(FusionDetector, LevelsShareTheHeadsWeights) {
  const Graph graph = make_fusion_detector(small(Fusion::light));
  for (const char* node : {"heads.classes.0@5", "heads.boxes.last@7", "fusion.4.rgb.wide@maximum"})
    EXPECT_NE(weight_owner(graph, graph.find(node).value()), graph.find(node).value()) << node;
  const NodeId first = graph.find("heads.classes.0@3").value();
  EXPECT_EQ(weight_owner(graph, graph.find("heads.classes.0@6").value()), first);
  EXPECT_EQ(weight_owner(graph, first), first);
}

TEST(FusionDetector, RefusesSizesThatAreNotPossible) {
  FusionDetectorOptions o = small(Fusion::concat);
  o.rows = 65;
  EXPECT_THROW(make_fusion_detector(o), std::invalid_argument);
  o = small(Fusion::concat);
  o.blocks[2] = 0;
  EXPECT_THROW(make_fusion_detector(o), std::invalid_argument);
}

TEST(FusionBoxes, ComeBackFromTheirNumbers) {
  const std::vector<Box> anchors = make_anchors(64, 96, {.side = 3});
  const std::vector<MarkedObject> objects = {{{10, 12, 40, 30}, 1}, {{60, 5, 70, 45}, 2}, {{1, 1, 3, 3}, 0}};
  const std::vector<AnchorTarget> targets = assign_anchors(anchors, objects);
  const size_t places = anchors.size() / 3;
  std::vector<float> output(anchors.size() * 7, -9);
  std::vector<int> learned(3, 0);
  for (size_t i = 0; i < anchors.size(); ++i) {
    if (targets[i].object_class < 0) continue;
    ++learned[static_cast<size_t>(targets[i].object_class)];
    const size_t a = i / places, p = i % places;
    output[(a * 3 + static_cast<size_t>(targets[i].object_class)) * places + p] = 3;
    const auto numbers = box_numbers(targets[i].box, anchors[i]);
    for (size_t k = 0; k < 4; ++k) output[(9 + a * 4 + k) * places + p] = numbers[k];
  }
  for (const int count : learned) EXPECT_GE(count, 1);  // the tiny one has its best anchor
  const std::vector<Detection> found = decode_fusion(output, anchors, 3, {});
  ASSERT_EQ(found.size(), 3U);
  for (const Detection& d : found) {
    const Box& expected = objects[d.object_class == 1 ? 0U : d.object_class == 2 ? 1U : 2U].box;
    EXPECT_GT(intersection_over_union(d.box, expected), 0.999F);
  }
}

TEST(FusionBoxes, DifficultObjectsAreLearnedByNothing) {
  const std::vector<Box> anchors = make_anchors(64, 64, {});
  const std::vector<MarkedObject> objects = {{{8, 8, 40, 40}, 1, true}};
  bool ignored = false;
  for (const AnchorTarget& t : assign_anchors(anchors, objects)) {
    EXPECT_LT(t.object_class, 0);
    ignored = ignored || t.object_class == AnchorTarget::kIgnored;
  }
  EXPECT_TRUE(ignored);
}

}  // namespace
}  // namespace flashcell::quant
