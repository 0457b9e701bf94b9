// The fast engine gives the reference's bytes, on every instruction set that this machine has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/cnn/engine/engine.hpp"
#include "host/cnn/reference/reference.hpp"
#include "pipeline/error.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "tests/support/random_model.hpp"

namespace flashcell::host {
namespace {

using quant::PackedModel;

void expect_equal_on_every_target(const PackedModel& model, size_t items, uint64_t seed) {
  const std::vector<uint8_t> inputs = test::random_inputs(model, items, seed);
  std::vector<uint8_t> expected(items * quant::bytes_of_role(model, contract::kOutputTensor));
  run_reference(model, inputs, items, expected);
  for (const cnn::Target target : cnn::supported_targets()) {
    Engine engine(model, target);
    std::vector<uint8_t> outputs(expected.size(), 0x5a);
    // Twice: nothing of a run may be left in the next one.
    for (int run = 0; run < 2; ++run) engine.run(inputs, items, outputs);
    ASSERT_EQ(outputs, expected) << model.name << " on " << cnn::name_of(target);
  }
}

TEST(CnnEqual, RandomModels) {
  for (uint64_t seed = 0; seed < 600; ++seed) {
    expect_equal_on_every_target(test::random_model(seed), 1 + seed % 7, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(CnnEqual, DeeperModels) {
  test::RandomModelOptions options;
  options.most_layers = 30;
  options.most_side = 12;
  for (uint64_t seed = 1000; seed < 1060; ++seed) {
    expect_equal_on_every_target(test::random_model(seed, options), 3, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(CnnEqual, WiderModels) {
  test::RandomModelOptions options;
  options.most_layers = 4;
  options.most_channels = 150;
  options.most_side = 9;
  for (uint64_t seed = 2000; seed < 2060; ++seed) {
    expect_equal_on_every_target(test::random_model(seed, options), 2, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(CnnEqual, RandomModelsHaveEveryKindOfLayer) {
  std::vector<int> seen(10);
  bool wide_values = false;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const PackedModel model = test::random_model(seed);
    for (const contract::LayerDescriptor& layer : model.layers) ++seen[static_cast<size_t>(layer.kind)];
    // Outputs that are all the same would prove nothing.
    const std::vector<uint8_t> inputs = test::random_inputs(model, 4, seed);
    std::vector<uint8_t> outputs(4 * quant::bytes_of_role(model, contract::kOutputTensor));
    run_reference(model, inputs, 4, outputs);
    std::vector<bool> values(256);
    for (const uint8_t value : outputs) values[value] = true;
    wide_values |= std::count(values.begin(), values.end(), true) > 200;
  }
  for (size_t kind = 1; kind < seen.size(); ++kind) EXPECT_GT(seen[kind], 5) << kind;
  EXPECT_TRUE(wide_values);
}

TEST(CnnEngine, ManyItemsInOneCallAreTheSameAsOneByOne) {
  const PackedModel model = test::random_model(4);
  constexpr size_t kItems = 300;
  const std::vector<uint8_t> inputs = test::random_inputs(model, kItems, 1);
  Engine engine(model);
  std::vector<uint8_t> together(kItems * engine.output_bytes()), single(together.size());
  engine.run(inputs, kItems, together);
  for (size_t i = 0; i < kItems; ++i) {
    engine.run(std::span(inputs).subspan(i * engine.input_bytes(), engine.input_bytes()), 1,
               std::span(single).subspan(i * engine.output_bytes(), engine.output_bytes()));
  }
  EXPECT_EQ(together, single);
}

TEST(CnnEngine, RefusesBuffersOfTheWrongSize) {
  const PackedModel model = test::random_model(4);
  Engine engine(model);
  std::vector<uint8_t> inputs(engine.input_bytes()), outputs(engine.output_bytes() + 1);
  EXPECT_THROW(engine.run(inputs, 1, outputs), Error);
  EXPECT_THROW(engine.run(inputs, 2, std::span(outputs).first(engine.output_bytes())), Error);
  EXPECT_THROW(run_reference(model, inputs, 1, outputs), Error);
}

}  // namespace
}  // namespace flashcell::host
