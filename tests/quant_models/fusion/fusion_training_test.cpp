// Learning to find objects by frames and events.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "quant_models/execute/examples.hpp"
#include "quant_models/fusion/fusion_loss.hpp"
#include "quant_models/fusion/fusion_task.hpp"
#include "quant_models/graph/shared_weights.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/train/torch_network.hpp"
#include "quant_models/train/trainer.hpp"
#include "tests/quant_models/fusion/drawn_scenes.hpp"

namespace flashcell::quant {
namespace {

using namespace test_scenes;

/// A batch as TorchNetwork takes it.
at::Tensor batch_of(const std::vector<float>& numbers, int64_t count, const Graph& graph) {
  Shape shape = {count, static_cast<int64_t>(numbers.size()) / count};
  if (graph.inputs().size() == 1) {
    shape = graph.node(graph.inputs()[0]).shape;
    shape[0] = count;
  }
  return to_torch(Tensor{shape, numbers});
}

TEST(FusionTraining, TorchComputesWhatTheExecutorDoes) {
  const FusionSet set = scenes(4, 1);
  for (const auto& [fusion, name] : kFusionNames) {
    const FusionView view{fusion != Fusion::event_only, fusion != Fusion::rgb_only};
    const Graph graph = make_fusion_detector(size_for(set, fusion));
    const TorchNetwork network(graph);
    std::vector<at::Tensor> parameters;
    for (const Parameter& p : network.parameters()) parameters.push_back(p.value);
    const std::vector<float> numbers = calibration_examples(set, view, 2);
    const at::Tensor input = batch_of(numbers, 2, graph);
    const at::NoGradGuard no_gradients;
    const Tensor ours = from_torch(network.forward(input, parameters, nullptr));
    const std::vector<float> expected = run_all(graph, numbers, 2);
    ASSERT_EQ(ours.values.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(ours.values[i], expected[i], 1e-3 * (1 + std::abs(expected[i]))) << name << ' ' << i;
  }
}

TEST(FusionTraining, LossIsRetinaNets) {
  // Two anchors at one place, two classes: background; class 1 with a box; output rows: logits, then boxes.
  const at::Tensor output = at::zeros({1, 12, 1});
  output[0][3] = 1.5;   // anchor 1, class 1
  output[0][8] = 0.05;  // anchor 1's box
  output[0][9] = -0.7;
  at::Tensor classes = at::full({1, 2, 1}, -1, at::kLong);
  classes[0][1] = 1;
  const double half = std::log(0.5) * 0.25, p = 1 / (1 + std::exp(-1.5));
  const double focal = -(3 * 0.75 * half + 0.25 * (1 - p) * (1 - p) * std::log(p));
  const double box = 0.05 * 0.05 * 4.5 + 0.7 - 0.5 / 9;
  const double got = fusion_loss(output, {classes, at::zeros({1, 2, 4, 1})}, 2).item<double>();
  EXPECT_NEAR(got, focal + box, 1e-6);
  classes[0][0] = AnchorTarget::kIgnored;
  EXPECT_NEAR(fusion_loss(output, {classes, at::zeros({1, 2, 4, 1})}, 2).item<double>(), focal + 2 * 0.75 * half + box,
              1e-6);
}

TEST(FusionTraining, LearnsAndGoesOnWhereItStopped) {
  const FusionSet set = scenes(24, 4);
  const FusionTask task(set, {.anchors = {.side = 2}});
  const Graph start = make_fusion_detector(size_for(set, Fusion::light));
  const StageOptions stage{.name = "float", .epochs = 5, .batch = 8, .learning_rate = 4e-3};
  TrainerOptions options;
  options.evaluate_every = 100;
  const Training whole = train(start, task, stage, options);
  EXPECT_LT(whole.history.back().loss, 0.8 * whole.history.front().loss);
  // Layers that share weights still do.
  for (const char* node : {"heads.classes.0@5", "heads.boxes.last@7", "fusion.4.rgb.wide@maximum"})
    EXPECT_NE(weight_owner(whole.graph, whole.graph.find(node).value()), whole.graph.find(node).value()) << node;
  EXPECT_EQ(distinct_weights(simplify(whole.graph)), distinct_weights(simplify(start)));
  // Two threads, and a stop on the way, come to the same.
  const std::string file =
      (std::filesystem::temp_directory_path() / ("fusion_training_" + std::to_string(getpid()) + ".checkpoint"))
          .string();
  options.threads = 2;
  options.checkpoint = file;
  options.checkpoint_seconds = 0;
  struct Stop {};
  EXPECT_THROW(train(start, task, stage, options,
                     [](const TrainingProgress& now) {
                       if (now.step == 8) throw Stop{};
                     }),
               Stop);
  EXPECT_EQ(train(start, task, stage, options).graph, whole.graph);
  std::filesystem::remove(file);
}

// Calibration multiplies maps and their products: with large ones the first losses would be many times the others'.
TEST(FusionTraining, BeginsAlikeHoweverMapsAreJoined) {
  const FusionSet set = scenes(16, 1);
  const FusionTask task(set, {.anchors = {.side = 2}});
  const StageOptions stage{.name = "float", .epochs = 1, .batch = 16, .learning_rate = 1e-9};
  TrainerOptions options;
  options.evaluate_every = 100;
  const auto first_loss = [&](Fusion fusion) {
    return train(make_fusion_detector(size_for(set, fusion)), task, stage, options).history.front().loss;
  };
  const double side_by_side = first_loss(Fusion::concat);
  EXPECT_LT(first_loss(Fusion::attention), 1.5 * side_by_side);
  EXPECT_LT(first_loss(Fusion::light), 1.5 * side_by_side);
}

TEST(FusionTraining, FrameIsOffInSomeExamples) {
  const FusionSet set = scenes(200, 1);
  const FusionTask task(set, {});
  std::vector<int64_t> all(200);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  const at::Tensor frames = task.examples(all, 1, 0).input.narrow(1, 0, static_cast<int64_t>(set.rgb_size()));
  const auto off = frames.abs().sum(1).eq(0).sum().item<int64_t>();
  EXPECT_GT(off, 15);  // 30 expected, deviation 5
  EXPECT_LT(off, 45);
  // Frames alone are never taken away.
  const FusionTask alone(set, {.view = {true, false}});
  EXPECT_EQ(alone.examples(all, 1, 0).input.flatten(1).abs().sum(1).eq(0).sum().item<int64_t>(), 0);
}

TEST(FusionSet, RefusesWhatDoesNotFit) {
  FusionSet set = scenes(2, 1);
  set.train[1].objects[0].object_class = 7;
  EXPECT_THROW(check(set), ModelError);
  set = scenes(2, 1);
  set.test[0].events.pop_back();
  EXPECT_THROW(check(set), ModelError);
  set = scenes(2, 0);
  EXPECT_THROW(check(set), ModelError);
}

}  // namespace
}  // namespace flashcell::quant
