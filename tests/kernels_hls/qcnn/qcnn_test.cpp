// Kernel qcnn, its sources compiled for the CPU, gives the reference's bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "host/inference/reference/reference.hpp"
#include "kernels_hls/emulation/simulation.hpp"
#include "kernels_hls/qcnn/kernels.hpp"
#include "quant_models/packed/kernel_image.hpp"
#include "tests/kernels_hls/qcnn/qcnn_launch.hpp"
#include "tests/support/random_model.hpp"

namespace flashcell::kernels {
namespace {

using test::launch_qcnn;
using test::QcnnKernel;
using test::QcnnLaunch;

void expect_reference(QcnnKernel kernel, const quant::PackedModel& model, size_t items, uint64_t seed) {
  const std::vector<uint8_t> inputs = test::random_inputs(model, items, seed);
  std::vector<uint8_t> expected(items * quant::bytes_of_role(model, contract::kOutputTensor));
  host::run_reference(model, inputs, items, expected);
  const QcnnLaunch result = launch_qcnn(kernel, model, inputs, items);
  ASSERT_EQ(result.status, contract::QcnnStatus::done) << model.name;
  EXPECT_EQ(result.version, contract::kQcnnVersion);
  EXPECT_EQ(result.sequence, 5u);
  ASSERT_EQ(result.outputs, expected) << model.name;
}

TEST(QcnnKernel, RandomModels) {
  std::map<contract::LayerKind, int> models_with;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const quant::PackedModel model = test::random_model(seed);
    const contract::QcnnBuild* build = quant::build_for(model);
    if (build == nullptr || build->name != std::string("qcnn_small_v2")) continue;
    std::set<contract::LayerKind> kinds;
    for (const contract::LayerDescriptor& layer : model.layers) kinds.insert(layer.kind);
    for (const contract::LayerKind kind : kinds) ++models_with[kind];
    expect_reference(qcnn_small_v2, model, 1 + seed % 3, seed);
    if (HasFatalFailure()) return;
  }
  for (int kind = 1; kind <= contract::kLayerKinds; ++kind)
    EXPECT_GT(models_with[static_cast<contract::LayerKind>(kind)], 4) << "kind " << kind;
}

TEST(QcnnKernel, RandomModelsOnTheLargeBuild) {
  test::RandomModelOptions options;
  options.most_side = 40;
  options.most_channels = 80;
  options.most_layers = 6;
  int fitting = 0;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const quant::PackedModel model = test::random_model(seed, options);
    if (quant::build_for(model) == nullptr) continue;
    ++fitting;
    expect_reference(qcnn_large_v2, model, 1, seed);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(fitting, 15);
}

/// No stage of it waits for another one: pipelines of any style and depth give the same bytes.
TEST(QcnnKernel, HoweverPipelinesAreBuilt) {
  for (const auto style :
       {flashcell_emulation::PipelineStyle::flushable, flashcell_emulation::PipelineStyle::stalling}) {
    for (uint64_t seed = 0; seed < 30; ++seed) {
      const quant::PackedModel model = test::random_model(seed);
      const contract::QcnnBuild* build = quant::build_for(model);
      if (build == nullptr || build->name != std::string("qcnn_small_v2")) continue;
      flashcell_emulation::SimulationOptions options;
      options.style = style;
      options.deeper = static_cast<int>(seed % 3) * 20;
      const flashcell_emulation::Simulation simulation(options);
      expect_reference(qcnn_small_v2, model, 2, seed);
      if (HasFatalFailure()) return;
    }
  }
}

/// What no build runs is refused, by the host beforehand and by the kernel.
TEST(QcnnKernel, RefusesLayersThatItDoesNotRun) {
  int refused = 0;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    const quant::PackedModel model = test::random_model(seed);
    if (quant::build_for(model) != nullptr) continue;
    const std::vector<uint8_t> inputs = test::random_inputs(model, 1, seed);
    const contract::QcnnStatus status = launch_qcnn(qcnn_large_v2, model, inputs, 1).status;
    EXPECT_THAT(status, testing::AnyOf(contract::QcnnStatus::unknown_layer, contract::QcnnStatus::too_large)) << seed;
    refused += status == contract::QcnnStatus::unknown_layer ? 1 : 0;
  }
  EXPECT_GT(refused, 30);
}

TEST(QcnnKernel, RefusesWhatIsTooLarge) {
  test::RandomModelOptions options;
  options.first_kinds = true;
  quant::PackedModel model = test::random_model(1, options);
  const std::vector<uint8_t> inputs = test::random_inputs(model, 1, 1);
  model.arena_bytes = contract::kQcnnBuilds[0].arena_bytes + 1;
  EXPECT_EQ(launch_qcnn(qcnn_small_v2, model, inputs, 1).status, contract::QcnnStatus::too_large);
  ASSERT_NE(quant::build_for(model), nullptr);
  EXPECT_STREQ(quant::build_for(model)->name, "qcnn_large_v2");
  model.arena_bytes = contract::kQcnnBuilds[1].arena_bytes + 1;
  EXPECT_EQ(quant::build_for(model), nullptr);
}

}  // namespace
}  // namespace flashcell::kernels
