// Training with what cells of arrays make of weights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "quant_models/cim/evaluate.hpp"
#include "quant_models/cim/held_weights.hpp"
#include "quant_models/cim/range_calibration.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/graph/unquantized.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/roi_classifier.hpp"
#include "quant_models/train/array_converters.hpp"
#include "quant_models/train/array_errors.hpp"
#include "quant_models/train/start_quantized.hpp"
#include "quant_models/train/torch_fake_quantize.hpp"
#include "quant_models/train/trainer.hpp"
#include "tests/quant_models/train/patterns.hpp"

namespace flashcell::quant {
namespace {

using test::pattern_recipe;
using test::pattern_stage;
using test::patterns;
using ::testing::HasSubstr;

constexpr const char* kNoisyCells = "fefet_generic,array.weight_bits=5,array.cell_bits=4,cell.sigma=0.08";

StageOptions array_stage(int epochs) {
  StageOptions stage = pattern_stage(epochs);
  stage.name = "arrays";
  stage.learning_rate = 3e-3;
  stage.weight_decay = 0;
  stage.weight_bits = stage.edge_weight_bits = 5;
  stage.activation_bits = 8;
  stage.arrays = kNoisyCells;
  return stage;
}

// What training computes with is what the chip of that seed holds.
TEST(ArrayErrors, TheNetworkIsTheOneInTheChip) {
  const ClassificationTask task(patterns(60, 4), pattern_recipe());
  const Graph graph = start_quantized(make_roi_classifier(3, 1), task, array_stage(1), {});
  TorchNetwork network(graph);
  const ArrayErrors errors(graph, network, kNoisyCells);
  ShardThreads one(1), three(3);
  const std::vector<at::Tensor> chip = errors.draw(network, 9, one), same = errors.draw(network, 9, three),
                                other = errors.draw(network, 10, one);
  Graph held = graph;
  const cim::ArrayDevice device = cim::device_of(kNoisyCells);
  uint32_t number = 0;
  for (const NodeId id : cim::nodes_on_arrays(graph)) {
    Tensor storage;
    const cim::ArrayWeights weights = cim::weights_of(graph.node(id), storage);
    Layer layer = held.node(id).layer;
    cim::LayerSettings settings;
    settings.weight_limit = 15.0 * (*weight_quantization_of(layer))->scale[0];
    weight_of(layer)->values = cim::held_weights(weights, device, settings, 9, number++);
    weight_quantization_of(layer)->reset();
    held.replace(id, layer);
  }
  ASSERT_GT(number, 2U);
  std::vector<at::Tensor> parameters;
  for (const Parameter& p : network.parameters()) parameters.push_back(p.value);
  const std::vector<float> images = task.calibration_images(20);
  const at::Tensor input = to_torch(make_tensor({20, 1, 28, 28}, images));
  const Tensor ours = from_torch(network.forward(input, parameters, nullptr, {}, chip));
  const std::vector<float> expected = run_all(held, images, 20);
  ASSERT_EQ(ours.values.size(), expected.size());
  // Values are rounded to steps: a sum next to a half may go the other way.
  double difference = 0, power = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(ours.values[i] - expected[i], 2);
    power += std::pow(expected[i], 2);
  }
  EXPECT_LT(difference, 1e-3 * power);
  const Tensor without = from_torch(network.forward(input, parameters, nullptr));
  double noise = 0;
  for (size_t i = 0; i < expected.size(); ++i) noise += std::pow(without.values[i] - expected[i], 2);
  EXPECT_GT(noise, 30 * difference);
  for (size_t i = 0; i < chip.size(); ++i) {
    ASSERT_EQ(chip[i].defined(), same[i].defined());
    if (!chip[i].defined()) continue;
    EXPECT_TRUE(chip[i].equal(same[i])) << i;
    EXPECT_FALSE(chip[i].equal(other[i])) << i;
  }
}

TEST(ArrayErrors, RefusesWhatDoesNotFit) {
  const ClassificationTask task(patterns(60, 4), pattern_recipe());
  StageOptions stage = array_stage(1);
  const auto error = [&]() -> std::string {
    try {
      train(start_quantized(make_roi_classifier(3, 1), task, stage, {}), task, stage, {});
    } catch (const ModelError& e) {
      return e.what();
    }
    return "no error";
  };
  stage.weight_bits = 4;
  EXPECT_THAT(error(), HasSubstr("weights = 5"));
  stage = array_stage(1);
  stage.arrays = "nonsense";
  EXPECT_THAT(error(), HasSubstr("nor_4bit"));
}

// The gradient of the scale is that of the errors that grow with it.
TEST(TorchFakeQuantize, ErrorsGrowWithTheScale) {
  const at::Tensor x = at::rand({6}) - 0.5, errors = at::rand({6}) - 0.5;
  const at::Tensor scale = at::full({1}, 0.1).requires_grad_(), weight = x.clone().requires_grad_();
  const at::Tensor y = with_errors(weight, errors, scale, 15);
  EXPECT_TRUE(at::allclose(y, x + 1.5 * errors));
  const auto gradients = torch::autograd::grad({(y * x).sum()}, {weight, scale});
  EXPECT_TRUE(at::allclose(gradients[0], x));
  EXPECT_NEAR(gradients[1].item<double>(), (errors * x).sum().item<double>() * 15 / std::sqrt(6 * 15.0), 1e-5);
}

/// How many of the test pictures several chips get right, of 1.
double right_on_arrays(const Graph& trained, const ClassificationData& data, const char* arrays) {
  const cim::ArrayDevice device = cim::device_of(arrays);
  std::vector<float> images;
  for (const uint8_t pixel : data.test.pixels) images.push_back(static_cast<float>(pixel) / 255);
  const Graph real = simplify(without_quantization(trained));
  const cim::Settings settings =
      cim::calibrate(real, device, images, data.test.count, cim::stated_limits(trained, device));
  double right = 0;
  constexpr int kChips = 4;
  for (uint64_t seed = 1; seed <= kChips; ++seed) {
    const std::vector<float> scores =
        cim::run_on_arrays(real, cim::program(real, device, settings, seed), images, data.test.count);
    right += static_cast<double>(count_correct(scores, data.test.labels)) / static_cast<double>(data.test.count);
  }
  return right / kChips;
}

constexpr const char* kFewLevels =
    "ideal_8bit,array.weight_bits=5,array.cell_bits=4,output.bits=3,array.rows=40,output.percentile=99";

StageOptions converter_stage(int epochs) {
  StageOptions stage = array_stage(epochs);
  stage.arrays = kFewLevels;
  return stage;
}

// What training computes with is what emulated arrays do, several of them to a layer.
TEST(ArrayConverters, AreThoseOfTheEmulatedArrays) {
  const ClassificationTask task(patterns(60, 4), pattern_recipe());
  const Graph graph = start_quantized(make_roi_classifier(3, 1), task, converter_stage(1), {});
  TorchNetwork network(graph);
  ArrayConverters converters(graph, kFewLevels);
  const std::vector<float> images = task.calibration_images(20);
  converters.calibrate(graph, images, 20);
  const std::vector<ColumnConverters> columns = converters.columns();
  size_t layers = 0, arrays = 0;
  for (const ColumnConverters& c : columns) {
    layers += !c.arrays.empty();
    arrays += c.arrays.size();
  }
  EXPECT_GT(layers, 2U);
  EXPECT_GT(arrays, layers) << "a layer has more rows than an array";
  const cim::ArrayDevice device = cim::device_of(kFewLevels);
  const Graph real = simplify(without_quantization(graph));
  const cim::Settings settings = cim::calibrate(real, device, images, 20, cim::stated_limits(graph, device));
  const cim::PreparedLayers programmed = cim::program(real, device, settings, 1);
  std::vector<at::Tensor> parameters;
  for (const Parameter& p : network.parameters()) parameters.push_back(p.value);
  // Layer by layer, with the same inputs: a sum beside the middle of two levels goes either way, and what comes of it
  // would grow.
  std::vector<at::Tensor> values(graph.id_limit());
  const auto keep = [&](NodeId id, at::Tensor& value) { values[static_cast<size_t>(id)] = value; };
  network.forward(to_torch(make_tensor({20, 1, 28, 28}, images)), parameters, nullptr, keep, {}, columns);
  for (const NodeId id : cim::nodes_on_arrays(graph)) {
    const Node& node = graph.node(id);
    SCOPED_TRACE(node.name);
    const at::Tensor in = values[static_cast<size_t>(node.inputs[0])].contiguous();
    const at::Tensor out = values[static_cast<size_t>(id)].contiguous();
    Shape shape(in.sizes().begin(), in.sizes().end());
    Graph alone;
    const NodeId x = alone.add("x", Input{shape});
    alone.add_output("y", alone.add(node.name, real.node(*real.find(node.name)).layer, {x}));
    Executor executor(alone, cim::array_steps(programmed, std::make_shared<cim::FirstItem>()));
    std::copy_n(in.data_ptr<float>(), in.numel(), executor.input(0).begin());
    executor.run();
    const float step = columns[static_cast<size_t>(id)].arrays[0].step;
    const auto expected = executor.output(0);
    ASSERT_EQ(static_cast<int64_t>(expected.size()), out.numel());
    // Where the value is quantized behind the converters, that is not of the arrays.
    const float coarse = node.quantization ? node.quantization->scale[0] : 0;
    int64_t others = 0;
    for (int64_t i = 0; i < out.numel(); ++i)
      others += std::abs(out.data_ptr<float>()[i] - expected[static_cast<size_t>(i)]) > 0.01F * step + coarse;
    EXPECT_LE(others, std::max<int64_t>(out.numel() / 100, 3));  // beside the middle of two levels, or clipped behind
  }
}

TEST(ArrayConverters, GradientsPassButNotBeyondTheRange) {
  const ClassificationTask task(patterns(60, 4), pattern_recipe());
  const Graph graph = start_quantized(make_roi_classifier(3, 1), task, converter_stage(1), {});
  TorchNetwork network(graph);
  ArrayConverters converters(graph, kFewLevels);
  const std::vector<float> images = task.calibration_images(20);
  converters.calibrate(graph, images, 20);
  const auto gradients = [&](std::span<const ColumnConverters> columns) {
    std::vector<at::Tensor> leaves;
    for (const Parameter& p : network.parameters()) leaves.push_back(p.value.detach().requires_grad_());
    const at::Tensor out =
        network.forward(to_torch(make_tensor({20, 1, 28, 28}, images)), leaves, nullptr, {}, {}, columns);
    return torch::autograd::grad({out.square().sum()}, leaves);
  };
  std::vector<ColumnConverters> closed = converters.columns();
  for (const at::Tensor& g : gradients(closed)) EXPECT_GT(g.abs().sum().item<double>(), 0);
  for (ColumnConverters& c : closed)
    for (ColumnConverters::Array& a : c.arrays) {
      a.low = 1e3F;
      a.step = 1e-3F;
    }
  const std::vector<at::Tensor> none = gradients(closed);
  for (const TorchNetwork::QuantizedWeight& w : network.quantized_weights())
    EXPECT_EQ(none[w.parameter].abs().sum().item<double>(), 0);
}

// Converters of few levels cost less where training saw them.
TEST(Trainer, LearnsToBearFewLevelsBehindTheColumns) {
  constexpr const char* kSevenLevels =
      "ideal_8bit,array.weight_bits=5,array.cell_bits=4,output.bits=3,output.percentile=98";
  const ClassificationData data = patterns(150, 5);
  const ClassificationTask task(data, pattern_recipe());
  const Graph real = simplify(train(make_roi_classifier(3, 1), task, pattern_stage(10), {}).graph);
  StageOptions stage = converter_stage(6);
  stage.arrays = kSevenLevels;
  const Graph start = start_quantized(real, task, stage, {});
  const double seen = right_on_arrays(train(start, task, stage, {}).graph, data, kSevenLevels);
  stage.converters = false;
  const double unseen = right_on_arrays(train(start, task, stage, {}).graph, data, kSevenLevels);
  EXPECT_GT(seen, unseen + 0.04);
}

TEST(Trainer, BitsOfSingleLayersAreThoseOfTheDevice) {
  const ClassificationTask task(patterns(60, 4), pattern_recipe());
  StageOptions stage = array_stage(1);
  const Graph real = make_roi_classifier(3, 1);
  const std::string first = real.node(cim::nodes_on_arrays(real).front()).name;
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("flashcell_layer_bits_" + std::to_string(::getpid()) + ".toml");
  cim::ArrayDevice device = cim::device_of(kNoisyCells);
  const auto start_with = [&](const std::string& layer) {
    device.layers = {{layer, 3, 0, 0}};
    std::ofstream(file) << cim::device_text(device);
    stage.arrays = file.string();
    return start_quantized(real, task, stage, {});
  };
  const Graph start = start_with(first);
  const Graph trained = train(start, task, stage, {}).graph;
  for (const NodeId id : cim::nodes_on_arrays(trained)) {
    Layer layer = trained.node(id).layer;
    EXPECT_EQ((*weight_quantization_of(layer))->highest(), trained.node(id).name == first ? 3 : 15);
  }
  EXPECT_THROW(start_with("nowhere"), ModelError);
  std::filesystem::remove(file);
}

TEST(Trainer, LearnsToBearTheErrorsOfCells) {
  const ClassificationData data = patterns(300, 5);
  const ClassificationTask task(data, pattern_recipe());
  const Graph real = simplify(train(make_roi_classifier(3, 1), task, pattern_stage(12), {}).graph);
  StageOptions stage = array_stage(12);
  stage.average = 0.9;
  const Graph start = start_quantized(real, task, stage, {});
  const Graph trained = train(start, task, stage, {}).graph;
  stage.arrays.clear();
  const Graph without = train(start, task, stage, {}).graph;
  const double plain = right_on_arrays(without, data, kNoisyCells), ours = right_on_arrays(trained, data, kNoisyCells);
  EXPECT_GT(ours, plain + 0.01);
  EXPECT_GT(ours, 0.93);
}

TEST(Trainer, ArraysAndATeacherGiveTheSameForAnyNumberOfThreads) {
  const ClassificationTask task(patterns(80, 6), pattern_recipe());
  const Graph real = simplify(make_roi_classifier(3, 1));
  StageOptions stage = array_stage(1);
  stage.teacher = 0.5;
  const Graph start = start_quantized(real, task, stage, {});
  std::vector<Training> results;
  for (const int threads : {1, 3}) {
    TrainerOptions options;
    options.threads = threads;
    options.teacher = &real;
    results.push_back(train(start, task, stage, options));
  }
  EXPECT_EQ(results[0].graph, results[1].graph);
  stage.teacher = 0;
  EXPECT_FALSE(train(start, task, stage, {}).graph == results[0].graph);
}

TEST(ClassificationTask, ShowsPicturesAsTheRecipeSays) {
  Recipe recipe = pattern_recipe();
  const ClassificationData data = patterns(30, 7);
  const std::vector<float> plain = ClassificationTask(data, recipe).calibration_images(10);
  recipe.mean = {0.3};
  recipe.deviation = {0.2};
  const std::vector<float> ours = ClassificationTask(data, recipe).calibration_images(10);
  for (size_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(ours[i], (plain[i] - 0.3F) / 0.2F, 1e-5);
}

}  // namespace
}  // namespace flashcell::quant
