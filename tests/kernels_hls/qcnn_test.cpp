// Kernel qcnn, its sources compiled for the CPU, gives the reference's bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "host/cnn/reference/reference.hpp"
#include "kernels_hls/emulation/simulation.hpp"
#include "kernels_hls/qcnn/kernels.hpp"
#include "quant_models/packed/kernel_image.hpp"
#include "tests/support/random_model.hpp"

namespace flashcell::kernels {
namespace {

using Words = std::vector<ap_uint<512>>;

Words words_of(std::span<const uint8_t> bytes) {
  Words words((bytes.size() + 63) / 64);
  for (size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + i, std::min<size_t>(8, bytes.size() - i));
    const int bit = static_cast<int>(8 * (i % 64));
    words[i / 64].range(bit + 63, bit) = eight;
  }
  return words;
}

uint8_t byte_of(const Words& words, size_t index) {
  const int bit = static_cast<int>(8 * (index % 64));
  return static_cast<uint8_t>(words[index / 64].range(bit + 7, bit));
}

struct Launch {
  contract::QcnnStatus status;
  uint32_t version, sequence;
  std::vector<uint8_t> outputs;
};

using Kernel = void (*)(const ap_uint<512>*, const ap_uint<512>*, ap_uint<512>*, uint32_t, uint32_t);

Launch launch(Kernel kernel, const quant::PackedModel& model, std::span<const uint8_t> inputs, size_t items) {
  const Words image = words_of(quant::kernel_image(model));
  const size_t input_bytes = quant::bytes_of_role(model, contract::kInputTensor);
  const size_t output_bytes = quant::bytes_of_role(model, contract::kOutputTensor),
               item_words = (output_bytes + 63) / 64;
  Words in;
  for (size_t item = 0; item < items; ++item) {
    const Words one = words_of(inputs.subspan(item * input_bytes, input_bytes));
    in.insert(in.end(), one.begin(), one.end());
  }
  Words out(items * item_words + 1);
  kernel(image.data(), in.data(), out.data(), static_cast<uint32_t>(items), 5);
  const ap_uint<512>& result = out.back();
  Launch launch = {static_cast<contract::QcnnStatus>(result.range(31, 0)),
                   static_cast<uint32_t>(result.range(63, 32)),
                   static_cast<uint32_t>(result.range(95, 64)),
                   {}};
  for (size_t item = 0; item < items; ++item) {
    for (size_t i = 0; i < output_bytes; ++i) launch.outputs.push_back(byte_of(out, item * item_words * 64 + i));
  }
  return launch;
}

void expect_reference(Kernel kernel, const quant::PackedModel& model, size_t items, uint64_t seed) {
  const std::vector<uint8_t> inputs = test::random_inputs(model, items, seed);
  std::vector<uint8_t> expected(items * quant::bytes_of_role(model, contract::kOutputTensor));
  host::run_reference(model, inputs, items, expected);
  const Launch result = launch(kernel, model, inputs, items);
  ASSERT_EQ(result.status, contract::QcnnStatus::done) << model.name;
  EXPECT_EQ(result.version, contract::kQcnnVersion);
  EXPECT_EQ(result.sequence, 5u);
  ASSERT_EQ(result.outputs, expected) << model.name;
}

TEST(QcnnKernel, RandomModels) {
  int fitting = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const quant::PackedModel model = test::random_model(seed);
    const contract::QcnnBuild* build = quant::build_for(model);
    if (build == nullptr || build->name != std::string("qcnn_small_v1")) continue;
    ++fitting;
    expect_reference(qcnn_small_v1, model, 1 + seed % 3, seed);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(fitting, 250);
}

TEST(QcnnKernel, RandomModelsOnTheLargeBuild) {
  test::RandomModelOptions options;
  options.most_side = 40;
  options.most_channels = 80;
  options.most_layers = 6;
  int fitting = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const quant::PackedModel model = test::random_model(seed, options);
    if (quant::build_for(model) == nullptr) continue;
    ++fitting;
    expect_reference(qcnn_large_v1, model, 1, seed);
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
      if (build == nullptr || build->name != std::string("qcnn_small_v1")) continue;
      flashcell_emulation::SimulationOptions options;
      options.style = style;
      options.deeper = static_cast<int>(seed % 3) * 20;
      const flashcell_emulation::Simulation simulation(options);
      expect_reference(qcnn_small_v1, model, 2, seed);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(QcnnKernel, RefusesWhatIsTooLarge) {
  quant::PackedModel model = test::random_model(1);
  const std::vector<uint8_t> inputs = test::random_inputs(model, 1, 1);
  model.arena_bytes = contract::kQcnnBuilds[0].arena_bytes + 1;
  EXPECT_EQ(launch(qcnn_small_v1, model, inputs, 1).status, contract::QcnnStatus::too_large);
  ASSERT_NE(quant::build_for(model), nullptr);
  EXPECT_STREQ(quant::build_for(model)->name, "qcnn_large_v1");
  model.arena_bytes = contract::kQcnnBuilds[1].arena_bytes + 1;
  EXPECT_EQ(quant::build_for(model), nullptr);
}

}  // namespace
}  // namespace flashcell::kernels
