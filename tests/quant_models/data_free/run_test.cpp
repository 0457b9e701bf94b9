// Whole runs without data on tiny networks: stages, resuming, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data_free/family.hpp"
#include "quant_models/data_free/run_data_free.hpp"
#include "quant_models/data_free/work_plan.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/quantize/image_network.hpp"
#include "tests/quant_models/data/data_folder.hpp"
#include "tests/quant_models/graph/small_transformer.hpp"
#include "tests/quant_models/synthesize/small_network.hpp"
#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;
using test::DataFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

DataFreeOptions tiny_run(const DataFolder& folder, const Graph& graph, const std::string& output) {
  DataFreeOptions options;
  options.network.model = folder.path("tiny.onnx");
  options.network.mean = {127.5F};
  options.network.factor = {4 / 255.0F};
  options.minutes = 0.002;
  options.trains = true;
  options.images = 20;
  options.threads = 2;
  options.checkpoint_seconds = 0;
  options.output = folder.path(output);
  options.command = "flashcell quantize tiny.onnx --data-free";
  export_onnx(graph, options.network.model);
  return options;
}

std::string text_of(const std::string& path) {
  const std::vector<uint8_t> bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

// What must not depend on whether a run was stopped: the models, the pictures, and the report but for its times.
std::vector<std::string> results_of(const std::string& output) {
  std::vector<std::string> results;
  for (const char* file : {"tiny.fcnn", "tiny.onnx", "pictures/pictures.npz", "pictures/sheet.png"}) {
    const fs::path path = fs::path(output) / file;
    results.push_back(fs::exists(path) ? text_of(path.string()) : "none");
  }
  auto report = test::parse_json(text_of(output + "/report.json"));
  for (const char* time : {"seconds", "cpu_minutes"}) report.erase(time);
  results.push_back(report.dump());
  return results;
}

struct Stopped {};

// Hears of everything and stops the run at one of the moments, as a signal would: files are whole at all times.
Progress stop_at(int moment, int& heard) {
  return [moment, &heard](const DrawProgress&) {
    if (heard++ == moment) throw Stopped();
  };
}

void expect_resumes(DataFreeOptions options, const std::string& stopped) {
  run_data_free(options, {});
  const std::vector<std::string> whole = results_of(options.output);
  int moments = 0;
  options.output += "_counted";
  run_data_free(options, stop_at(-1, moments));
  EXPECT_EQ(results_of(options.output), whole);
  constexpr int kStops = 5;  // one in every stage at least
  ASSERT_GE(moments, kStops);
  for (int i = 0; i < kStops; ++i) {
    options.output = stopped + std::to_string(i);
    int heard = 0;
    EXPECT_THROW(run_data_free(options, stop_at(i * (moments - 1) / (kStops - 1), heard)), Stopped);
    EXPECT_FALSE(fs::exists(options.output + "/tiny.onnx"));
    run_data_free(options, {});
    EXPECT_EQ(results_of(options.output), whole) << "stopped at moment " << i;
  }
}

TEST(DataFreeRun, SearchesQuantizesTrainsAndReports) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "out");
  const DataFreeRun run = run_data_free(options, {});
  EXPECT_EQ(run.family, "CNN with batch normalization");
  EXPECT_EQ(run.method, "distill");
  EXPECT_EQ(run.images, 20);
  EXPECT_EQ(run.refused, "");
  ASSERT_TRUE(run.front.has_value());
  EXPECT_LT(run.front->chosen, run.front->points.size());
  EXPECT_EQ(run.front->members.size(), run.front->points[0].bits.size());
  EXPECT_EQ(run.front->uniform.size(), 6U);  // three of weights, two of values
  EXPECT_GE(run.sheets.size(), 2U);
  EXPECT_FALSE(run.errors.empty());
  EXPECT_LT(run.quantized_size.bit_operations, run.real_size.bit_operations / 8);
  const std::string text = test::expect_own_page(text_of(folder.path("out/report.html")));
  for (const char* part : {"in the end", "Bits of each layer", "flashcell quantize tiny.onnx --data-free"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_TRUE(fs::exists(folder.path("out/tiny.fcnn")));
}

// The chosen bits are those of the models: what the front says of memory is what the network takes.
TEST(DataFreeRun, KeepsTheBudgetThatItIsGiven) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "out");
  const Graph graph = test::small_network(3);
  int64_t weights = 0;
  for (const NodeId id : graph.order())
    if (const Tensor* weight = weight_of(graph.node(id).layer)) weights += static_cast<int64_t>(weight->values.size());
  options.search.budgets = {"a budget"};
  options.search.limits = {{SearchAxis::weight_bits, 3.0 * static_cast<double>(weights)}};
  const DataFreeRun run = run_data_free(options, {});
  EXPECT_LE(run.front->points.at(run.front->chosen).weight_bits, 3 * weights);
  int64_t bits = 0;
  for (const ValueError& e : run.errors)
    if (e.weight_bits > 0)
      bits +=
          e.weight_bits * static_cast<int64_t>(weight_of(graph.node(graph.find(e.name).value()).layer)->values.size());
  EXPECT_LE(bits, 3 * weights);
  EXPECT_EQ(bits, run.front->points[run.front->chosen].weight_bits);
}

TEST(DataFreeRun, GoesOnAfterAStopAnywhere) {
  const DataFolder folder;
  expect_resumes(tiny_run(folder, test::small_network(3), "whole"), folder.path("stopped"));
}

TEST(WorkPlan, RoundsWithCareWhereTheMinutesAllowIt) {
  const Graph network = prepare_image_network(test::small_network(3)), attends = test::small_transformer(3);
  EXPECT_EQ(plan_rounding(network, 1), 1000);
  EXPECT_EQ(plan_rounding(network, 1e-6), 0);
  EXPECT_EQ(plan_rounding(attends, 1), 0) << "blocks are reconstructed";
}

TEST(WorkPlan, WithoutTrainingAllTimeIsThePictures) {
  const Graph network = prepare_image_network(test::small_network(3)), attends = test::small_transformer(3);
  for (const auto& [graph, method] : {std::pair(&network, PictureMethod::distill), {&attends, PictureMethod::psaq}}) {
    const WorkPlan both = plan_work(*graph, method, 0.002, 64), pictures = plan_work(*graph, method, 0.001, 64, false);
    EXPECT_EQ(pictures.distill_steps, both.distill_steps);
    EXPECT_GT(both.training_steps, 0);
    EXPECT_EQ(pictures.training_steps, 0);
  }
  EXPECT_GT(plan_work(network, PictureMethod::gdfq, 1, 0, false).training_steps, 0) << "a generator learns beside it";
}

// On all pictures; all the same bytes after a stop.
TEST(DataFreeRun, RoundsWithCareInThePlaceOfTraining) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "whole");
  options.trains = false;
  options.weight_bits = options.activation_bits = 4;
  const DataFreeRun run = run_data_free(options, {});
  EXPECT_EQ(run.training_steps, 0);
  EXPECT_TRUE(run.training_losses.empty());
  EXPECT_EQ(run.steps.back().rfind("weights rounded adaptively on 20 pictures", 0), 0U) << run.steps.back();
  EXPECT_FALSE(fs::exists(folder.path("whole/training.checkpoint")));
  test::expect_own_page(text_of(folder.path("whole/report.html")));
  options.output = folder.path("again");
  expect_resumes(options, folder.path("stopped"));
}

// Eight bits need no other weights: careful rounding comes closer than a few steps of training.
TEST(DataFreeRun, LeavesTrainingThatGetsNoCloser) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "out");
  options.weight_bits = options.activation_bits = 8;
  options.learning_rate = 0.05;
  const DataFreeRun run = run_data_free(options, {});
  EXPECT_EQ(run.steps.back().rfind("training left out", 0), 0U) << run.steps.back();
}

TEST(DataFreeRun, GoesOnWithAGenerator) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "whole");
  options.method = PictureMethod::gdfq;
  options.weight_bits = options.activation_bits = 4;
  expect_resumes(options, folder.path("stopped"));
}

TEST(DataFreeRun, GoesOnWithATransformer) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_transformer(3), "whole");
  options.images = 8;
  options.reconstruct = 3;
  options.weight_bits = 4;
  expect_resumes(options, folder.path("stopped"));
}

TEST(DataFreeRun, ShowsPatchesOfATransformer) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_transformer(3), "out");
  options.images = 8;
  options.repq = true;
  options.reconstruct = 2;
  const DataFreeRun run = run_data_free(options, {});
  EXPECT_EQ(run.family, "vision transformer");
  EXPECT_EQ(run.method, "psaq");
  ASSERT_EQ(run.similarities.size(), 2U);
  for (const DensityCurve& curve : run.similarities) {  // densities: their integral is 1, but for what lies beyond 1
    double integral = 0;
    for (const double d : curve.density) integral += d * (curve.x[1] - curve.x[0]);
    EXPECT_GT(integral, 0.5) << curve.name;
    EXPECT_LT(integral, 1.01) << curve.name;
  }
  EXPECT_NE(run.refused, "");
  EXPECT_TRUE(fs::exists(folder.path("out/tiny.onnx")));
  EXPECT_FALSE(fs::exists(folder.path("out/tiny.fcnn")));
}

TEST(DataFreeRun, TakesRealPicturesInThePlaceOfDrawnOnes) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "first");
  run_data_free(options, {});
  options.pictures = folder.path("first/pictures/pictures.npz");
  options.output = folder.path("second");
  options.weight_bits = 4;
  const DataFreeRun run = run_data_free(options, {});
  EXPECT_EQ(run.images, 20);
  EXPECT_FALSE(run.front.has_value());
  EXPECT_EQ(text_of(folder.path("first/pictures/sheet.png")), text_of(folder.path("second/pictures/sheet.png")));
}

TEST(DataFreeRun, RefusesTheFolderOfAnotherNetwork) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "out");
  run_data_free(options, {});
  const std::string before = text_of(folder.path("out/report.json"));
  export_onnx(test::small_network(4), options.network.model);
  EXPECT_THAT([&] { run_data_free(options, {}); },
              ThrowsMessage<ModelError>(AllOf(HasSubstr("another network"), HasSubstr("--restart"))));
  EXPECT_EQ(text_of(folder.path("out/report.json")), before);
  options.restart = true;
  run_data_free(options, {});
  EXPECT_NE(text_of(folder.path("out/report.json")), before);
}

TEST(DataFreeRun, RefusesOtherOptionsInTheSameFolder) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "out");
  run_data_free(options, {});
  options.search.choices = "w:4,8;a:8";
  EXPECT_THAT([&] { run_data_free(options, {}); },
              ThrowsMessage<ModelError>(AllOf(HasSubstr("bits.json"), HasSubstr("--restart"))));
}

TEST(DataFreeRun, RefusesBudgetsThatCannotBeKept) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "out");
  options.search.budgets = {"0.00001MB"};
  options.search.limits = {{SearchAxis::weight_bits, 80}};
  EXPECT_THAT([&] { run_data_free(options, {}); },
              ThrowsMessage<ModelError>(AllOf(HasSubstr("budget"), HasSubstr("least possible"))));
  EXPECT_FALSE(fs::exists(folder.path("out/tiny.onnx")));
  options.weight_bits = 4;
  EXPECT_THAT([&] { run_data_free(options, {}); }, ThrowsMessage<Error>(HasSubstr("--budget")));
}

TEST(DataFreeRun, SaysWhatToDoWithNetworksThatRememberNothing) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3, false), "out");
  EXPECT_THAT([&] { run_data_free(options, {}); },
              ThrowsMessage<ModelError>(AllOf(HasSubstr("--calib"), HasSubstr("--method leaves"))));
  EXPECT_FALSE(fs::exists(folder.path("out")));
  options.method = PictureMethod::psaq;
  EXPECT_THAT([&] { run_data_free(options, {}); }, ThrowsMessage<ModelError>(HasSubstr("attention")));
  options.method = PictureMethod::gdfq;
  EXPECT_THAT([&] { run_data_free(options, {}); }, ThrowsMessage<ModelError>(HasSubstr("no batch normalization")));
  EXPECT_FALSE(fs::exists(folder.path("out")));
  export_onnx(test::small_transformer(3), options.network.model);
  EXPECT_THAT([&] { run_data_free(options, {}); }, ThrowsMessage<ModelError>(HasSubstr("--method psaq")));
}

// Leaves ask nothing of a network.
TEST(DataFreeRun, QuantizesNetworksThatRememberNothingByLeaves) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3, false), "out");
  options.method = PictureMethod::leaves;
  const DataFreeRun run = run_data_free(options, {});
  EXPECT_EQ(run.refused, "");
  EXPECT_EQ(run.method, "leaves");
  EXPECT_TRUE(fs::exists(folder.path("out/tiny.fcnn")));
}

// Linux has a device that is always full.
TEST(DataFreeRun, LeavesNothingHalfWrittenOnAFullDisk) {
  const DataFolder folder;
  DataFreeOptions options = tiny_run(folder, test::small_network(3), "out");
  int moments = 0;
  run_data_free(options, stop_at(-1, moments));
  for (const char* file : {"pictures.checkpoint", "bits.json", "training.checkpoint", "tiny.onnx", "report.html"}) {
    options.output = folder.path(std::string("full_") + file);
    fs::create_directories(options.output);
    fs::create_symlink("/dev/full", fs::path(options.output) / (std::string(file) + ".part"));
    EXPECT_THAT([&] { run_data_free(options, {}); },
                ThrowsMessage<Error>(AllOf(HasSubstr(file), HasSubstr("No space left"))));
    EXPECT_FALSE(fs::exists(fs::path(options.output) / file));
    for (const char* result : {"tiny.fcnn", "tiny.onnx", "report.json", "report.html"})
      EXPECT_FALSE(fs::exists(fs::path(options.output) / result)) << file << ": " << result;
    run_data_free(options, {});  // with space again it goes on
    EXPECT_TRUE(fs::exists(fs::path(options.output) / "report.html"));
  }
}

TEST(Family, IsWhatRemembersTheTrainingData) {
  EXPECT_EQ(family_of(test::small_network(3)), Family::normalized);
  EXPECT_EQ(family_of(test::small_network(3, false)), Family::other);
  EXPECT_EQ(family_of(test::small_transformer(3)), Family::transformer);
}

}  // namespace
}  // namespace flashcell::quant
