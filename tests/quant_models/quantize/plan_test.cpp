// Plans: passes in an order, and what comes out compared with the network that went in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/quantize/bias_correction.hpp"
#include "quant_models/quantize/equalization.hpp"
#include "quant_models/quantize/image_network.hpp"
#include "quant_models/quantize/plan.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

using test::Random;
using test::random_graph;
using test::random_tensor;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kPlanImages = 6;

std::vector<float> images_of_plan(const Graph& graph, Random& random) {
  Shape shape = graph.node(graph.inputs()[0]).shape;
  shape[0] = kPlanImages;
  return random_tensor(shape, random).values;
}

template <class Call>
std::string complaint(Call call) {
  try {
    call();
  } catch (const ModelError& e) {
    return e.what();
  }
  return "";
}

TEST(Plan, IsItsPassesOneAfterTheOther) {
  Random random(5);
  PostTrainingOptions bits;
  bits.weights.bits = bits.activations.bits = 4;
  const AdaptiveRoundingOptions rounding{.seed = 3, .iterations = 30};
  for (int round = 0; round < 4; ++round) {
    const Graph graph = prepare_for_plan(random_graph(random));
    const std::vector<float> images = images_of_plan(graph, random);
    const Graph real = equalize_layers(graph);
    Graph expected = quantize_post_training(real, images, kPlanImages, bits);
    expected = round_adaptively(real, std::move(expected), images, kPlanImages, rounding);
    expected = correct_biases(real, expected, images, kPlanImages).graph;
    const Plan plan = {equalize_pass(), post_training_pass(bits), adaptive_rounding_pass(rounding),
                       bias_correction_pass()};
    const PlanResult result = run_plan(plan, graph, {images, kPlanImages});
    EXPECT_EQ(result.real, real);
    EXPECT_EQ(result.quantized, expected);
    ASSERT_EQ(result.errors.size(), report_errors(real, expected, images, kPlanImages).size());
    EXPECT_EQ(to_json(result.errors), to_json(report_errors(real, expected, images, kPlanImages)));
  }
}

TEST(Plan, SaysWhatIsBeingDoneAndWhatWasDone) {
  Random random(6);
  const Graph graph = prepare_for_plan(random_graph(random));
  const std::vector<float> images = images_of_plan(graph, random);
  PostTrainingOptions options;
  options.weights = {.bits = 4, .per_channel = false, .calibrator = Calibrator::mse};
  options.activations = {.bits = 4, .calibrator = Calibrator::entropy};
  std::vector<std::string> heard;
  const PlanResult result = run_plan({equalize_pass(), post_training_pass(options)}, graph, {images, kPlanImages},
                                     [&](const std::string& what) { heard.push_back(what); });
  EXPECT_THAT(heard, ElementsAre("equalizing layers", "calibrating with 6 images", "comparing with floating point"));
  EXPECT_THAT(result.steps,
              ElementsAre("ranges of neighbouring layers equalized",
                          "weights 4 bits (mse), values 4 bits (entropy), sums 4 bits, outputs 8 bits, input 8 bits",
                          "one scale for all weights of a layer"));
}

TEST(Plan, CountsImagesOfTheSameClass) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 3}});
  FullyConnected layer{{{2, 3}, {1, 0, -1, 0.5F, 0, 1}}, {}};
  graph.add_output("scores", graph.add("scores", layer, {x}));
  const std::vector<float> images = {1, 0, 0, /**/ 0, 0, 1, /**/ -1, 0, -1};  // largest: 0, 1, 0
  const auto upside_down = [](PlanState& state, const PlanProgress&) {
    state.quantized = state.real;
    const NodeId scores = *state.quantized.find("scores");
    FullyConnected other = std::get<FullyConnected>(state.quantized.node(scores).layer);
    other.bias = {{2}, {0, 1}};  // the third image's class changes
    state.quantized.replace(scores, other);
  };
  EXPECT_EQ(run_plan({upside_down}, graph, {images, 3}).same_class, 2);
  Graph image;
  image.add_output("y", image.add("y", Activation{}, {image.add("x", Input{{1, 1, 2, 2}})}));
  const auto copy = [](PlanState& state, const PlanProgress&) { state.quantized = state.real; };
  EXPECT_EQ(run_plan({copy}, image, {images, 2}).same_class, std::nullopt);
}

TEST(Plan, RefusesWhatItCannotQuantize) {
  Random random(7);
  const Graph graph = random_graph(random);
  const std::vector<float> images = images_of_plan(graph, random);
  EXPECT_THROW(run_plan({}, graph, {images, kPlanImages}), std::invalid_argument);
  EXPECT_THROW(run_plan({equalize_pass()}, prepare_for_plan(graph), {images, kPlanImages}), std::invalid_argument);
  Graph twice = graph;
  twice.set_quantization(twice.outputs()[0].node, signed_quantization(8, 0.1F));
  EXPECT_THAT(complaint([&] { prepare_for_plan(twice); }), HasSubstr("is quantized already"));
  Graph two = graph;
  two.add("second", Input{{1, 2}});
  EXPECT_THAT(complaint([&] { prepare_image_network(two); }), HasSubstr("has 2 inputs"));
  EXPECT_EQ(prepare_for_plan(two).inputs().size(), 2U);
}

// The command line offers exactly these.
TEST(Plan, CalibratorsOfWeightsAreThoseThatAreNamed) {
  const Tensor weight{{2, 4}, {1, -2, 3, 0.5F, -1, 0.25F, 2, -3}};
  EXPECT_EQ(names_in(kCalibratorNames), (std::vector<std::string>{"min-max", "percentile", "mse", "entropy"}));
  for (const NamedValue<Calibrator>& each : kCalibratorNames) {
    EXPECT_EQ(value_in(kCalibratorNames, each.name), each.value);
    WeightOptions options;
    options.calibrator = each.value;
    if (value_in(kWeightCalibratorNames, each.name)) {
      EXPECT_EQ(value_in(kWeightCalibratorNames, each.name), each.value);
      EXPECT_NO_THROW(calibrate_weights(weight, options)) << each.name;
    } else {
      EXPECT_THROW(calibrate_weights(weight, options), std::invalid_argument) << each.name;
    }
  }
}

}  // namespace
}  // namespace flashcell::quant
