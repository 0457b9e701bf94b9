#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <torch/csrc/autograd/autograd.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/roi_classifier.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/random.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/train/classification_task.hpp"
#include "quant_models/train/detection_loss.hpp"
#include "quant_models/train/optimizer.hpp"
#include "quant_models/train/torch_fake_quantize.hpp"
#include "quant_models/train/torch_network.hpp"
#include "quant_models/train/trainer.hpp"
#include "quant_models/train/weight_average.hpp"
#include "tests/quant_models/data/data_folder.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/quant_models/train/patterns.hpp"
#include "tests/support/folders.hpp"

// Built where libtorch was found.
namespace flashcell::quant {
namespace {

using test::DataFolder;
using test::pattern_recipe;
using test::pattern_stage;
using test::patterns;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::vector<at::Tensor> values_of(const TorchNetwork& network) {
  std::vector<at::Tensor> values;
  for (const Parameter& p : network.parameters()) values.push_back(p.value);
  return values;
}

TEST(TorchFakeQuantize, SameNumbersAsTheGraphs) {
  test::Random random(1);
  for (const int bits : {2, 4, 8}) {
    Tensor x = test::random_tensor({5, 40}, random, -3, 3);
    // Exact halves and the ends of the range among them.
    for (size_t i = 0; i < 40; ++i) x.values[i] = 0.25F * (static_cast<float>(i) - 20) * 0.5F;
    const Quantization weights = weight_quantization(bits, {0.25F, 0.1F, 0.33F, 1, 0.02F});
    for (const Quantization& q : {weights, unsigned_quantization(bits, 0.25F), signed_quantization(bits, 0.07F)}) {
      Tensor expected = x;
      fake_quantize(expected.values, expected.shape, q);
      const at::Tensor scale = to_torch({{static_cast<int64_t>(q.scale.size())}, q.scale});
      EXPECT_EQ(from_torch(fake_quantize(to_torch(x), scale, {q.lowest(), q.highest(), 0})), expected);
    }
  }
}

TEST(TorchFakeQuantize, GradientsOfLearnedStepSize) {
  // Range -2 .. 1, scale 0.5. x / scale: -3 (clipped), -0.8, 0.7, 2 (clipped).
  const at::Tensor x = at::tensor({-1.5F, -0.4F, 0.35F, 1.F}).requires_grad_();
  const at::Tensor scale = at::tensor({0.5F}).requires_grad_();
  const at::Tensor weight = at::tensor({1.F, 2.F, 3.F, 4.F});
  const auto gradients = torch::autograd::grad({(fake_quantize(x, scale, {-2, 1, 0}) * weight).sum()}, {x, scale});
  EXPECT_TRUE(gradients[0].equal(at::tensor({0.F, 2.F, 3.F, 0.F})));
  // 1 * -2 + 2 * (-1 + 0.8) + 3 * (1 - 0.7) + 4 * 1 = 2.5, over sqrt(4 numbers * highest 1).
  EXPECT_NEAR(gradients[1].item<float>(), 2.5F / 2, 1e-5F);
}

TEST(TorchFakeQuantize, ScaleGradientOfClippedNumbersIsTheFiniteDifference) {
  // Beyond the range the output is linear in the scale, so the difference quotient is exact.
  const at::Tensor x = at::full({3, 7}, 100.F).requires_grad_();
  at::Tensor scale = at::tensor({0.5F, 0.25F, 1.F}).requires_grad_();
  const IntegerRange range{-7, 7, 0};
  const auto gradients = torch::autograd::grad({fake_quantize(x, scale, range).sum()}, {scale});
  const double normalization = std::sqrt(7.0 * 7);
  for (int64_t i = 0; i < 3; ++i) {
    at::Tensor more = scale.detach().clone();
    more[i] += 0.125F;
    const double difference =
        (fake_quantize(x, more, range).sum() - fake_quantize(x, scale, range).sum()).item<double>() / 0.125;
    EXPECT_NEAR(gradients[0][i].item<double>() * normalization, difference, 1e-3);
  }
}

TEST(TorchNetwork, ComputesWhatTheExecutorDoes) {
  test::Random random(3);
  int compared = 0;
  for (int i = 0; i < 60; ++i) {
    const Graph graph = i % 3 == 0 ? test::random_layers_of_others(random) : test::random_graph(random);
    if (graph.outputs().size() != 1) continue;
    const TorchNetwork network(graph);
    const Tensor image = test::random_tensor(graph.node(graph.inputs()[0]).shape, random);
    Executor executor(graph);
    std::copy(image.values.begin(), image.values.end(), executor.input(0).begin());
    executor.run();
    const at::NoGradGuard no_gradients;
    const Tensor out = from_torch(network.forward(to_torch(image), values_of(network), nullptr));
    ASSERT_EQ(out.values.size(), executor.output(0).size());
    float most = 1;
    for (const float v : out.values) most = std::max(most, std::abs(v));
    for (size_t k = 0; k < out.values.size(); ++k) ASSERT_NEAR(out.values[k], executor.output(0)[k], 2e-5F * most) << i;
    EXPECT_EQ(network.trained(), graph);
    ++compared;
  }
  EXPECT_GT(compared, 40);
}

std::string complaint(const std::function<void()>& make) {
  try {
    make();
  } catch (const ModelError& e) {
    return e.what();
  }
  return "";
}

// They were swallowed: the network was made, and calling it crashed.
TEST(TorchNetwork, LayersThatTrainingLacksAreErrorsByName) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 1, 2, 2}});
  graph.add_output("y", graph.add("odd one", Activation{static_cast<ActivationKind>(99)}, {x}));
  EXPECT_THAT(complaint([&] { TorchNetwork network(graph); }), AllOf(HasSubstr("'odd one'"), HasSubstr("kind 99")));
}

Graph quantized_classifier() {
  test::Random random(4);
  const Tensor images = test::random_tensor({20, 1, 28, 28}, random, 0, 1);
  return quantize_post_training(make_roi_classifier(10, 5), images.values, 20, {});
}

TEST(TorchNetwork, QuantizedNetworkComputesWhatTheExecutorDoes) {
  const Graph graph = quantized_classifier();
  const TorchNetwork network(graph);
  test::Random random(5);
  const Tensor images = test::random_tensor({8, 1, 28, 28}, random, 0, 1);
  const at::NoGradGuard no_gradients;
  // Scales pass through their logarithm: run what trained() hands back.
  const std::vector<float> expected = run_all(network.trained(), images.values, 8);
  const Tensor out = from_torch(network.forward(to_torch(images), values_of(network), nullptr));
  const Quantization& q = *graph.node(graph.outputs()[0].node).quantization;
  size_t equal = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(out.values[i], expected[i], 2.01F * q.scale[0]);
    equal += std::abs(out.values[i] - expected[i]) < 0.5F * q.scale[0];
  }
  // Sums in another order may fall on the other side of a step.
  EXPECT_GT(equal, expected.size() * 9 / 10);
}

TEST(TorchNetwork, EveryParameterOfAQuantizedNetworkLearns) {
  const Graph graph = quantized_classifier();
  const TorchNetwork network(graph);
  test::Random random(6);
  std::vector<at::Tensor> leaves;
  for (const Parameter& p : network.parameters()) leaves.push_back(p.value.detach().requires_grad_());
  const at::Tensor out = network.forward(to_torch(test::random_tensor({16, 1, 28, 28}, random, 0, 1)), leaves, nullptr);
  const auto gradients = torch::autograd::grad({out.square().sum()}, leaves);
  for (size_t i = 0; i < leaves.size(); ++i)
    EXPECT_GT(gradients[i].abs().max().item<float>(), 0) << network.parameters()[i].name;
}

TEST(AdamW, FirstStepGoesByTheSignOfTheGradient) {
  std::vector<Parameter> parameters = {{"w", at::tensor({1.F, 2.F}), true}, {"b", at::tensor({3.F}), false}};
  AdamW optimizer(parameters, 0.5);
  const std::vector<at::Tensor> gradients = {at::tensor({0.3F, -7.F}), at::tensor({1.F})};
  optimizer.update(parameters, gradients, 0.1, 0);
  EXPECT_NEAR(parameters[0].value[0].item<float>(), 0.95F - 0.1F, 1e-6F);
  EXPECT_NEAR(parameters[0].value[1].item<float>(), 1.9F + 0.1F, 1e-6F);
  EXPECT_NEAR(parameters[1].value[0].item<float>(), 2.9F, 1e-6F);
}

TEST(DetectionLoss, KnownValues) {
  const at::Tensor logits = at::zeros({2}), heat = at::tensor({1.F, 0.5F});
  // Both p = 1/2: 1/4 ln 2 + (1/2)^4 1/4 ln 2.
  EXPECT_NEAR(heat_loss(logits, heat).item<double>(), std::log(2.0) * (0.25 + 0.25 / 16), 1e-6);
  const auto loss = [](std::initializer_list<float> a, std::initializer_list<float> b) {
    return box_loss(at::tensor(std::vector<float>(a)), at::tensor(std::vector<float>(b))).item<double>();
  };
  EXPECT_NEAR(loss({0, 0, 4, 4}, {0, 0, 4, 4}), 0, 1e-5);
  EXPECT_NEAR(loss({0, 0, 4, 4}, {2, 0, 6, 4}), 1 - 8.0 / 24, 1e-5);         // their hull is their union
  EXPECT_NEAR(loss({0, 0, 2, 2}, {4, 0, 6, 2}), 1 + (12.0 - 8) / 12, 1e-5);  // apart
}

TEST(Trainer, LearnsPatternsAndKeepsThemInIntegers) {
  const ClassificationTask task(patterns(300, 1), pattern_recipe());
  const Training real = train(make_roi_classifier(3, 1), task, pattern_stage(10), {});
  EXPECT_GT(real.history.back().figure, 0.97);
  EXPECT_LT(real.history.back().loss, real.history.front().loss / 3);
  const std::vector<float> images = task.calibration_images(60);
  PostTrainingOptions options;
  options.weights.bits = 4;
  StageOptions stage = pattern_stage(2);
  stage.learning_rate = 1e-4;
  const Training tuned = train(quantize_post_training(real.graph, images, 60, options), task, stage, {});
  EXPECT_GT(tuned.history.back().figure, 0.95);
  // What was trained is what a kernel gets: every weight is stored in 4 bits.
  for (const NodeId id : tuned.graph.order()) {
    if (const auto* q = weight_quantization_of(tuned.graph.node(id).layer)) {
      EXPECT_EQ(q->value().bits, 4);
    }
  }
}

TEST(WeightAverage, FollowsWhatTheStepsCameTo) {
  TorchNetwork network(make_roi_classifier(3, 1));
  at::Tensor& weight = network.parameters()[0].value;
  const auto first = [](const Graph& graph) { return weight_of(graph.node(*graph.find("conv1")).layer)->values[0]; };
  WeightAverage none(network, 0), average(network, 0.5);
  for (int64_t step = 0; step < 40; ++step) {
    weight.fill_(step < 39 ? 1.F : 3.F);
    none.update(network, step);
    average.update(network, step);
  }
  EXPECT_EQ(first(none.trained(network)), 3);
  EXPECT_NEAR(first(average.trained(network)), 2, 1e-5);
  EXPECT_EQ(first(network.trained()), 3) << "the network is left as it was";
}

TEST(Trainer, SameResultForAnyNumberOfThreads) {
  const ClassificationTask task(patterns(120, 2), pattern_recipe());
  std::vector<Training> results;
  for (const int threads : {1, 2, 4}) {
    TrainerOptions options;
    options.threads = threads;
    results.push_back(train(make_roi_classifier(3, 1), task, pattern_stage(2), options));
  }
  EXPECT_EQ(results[0].graph, results[1].graph);
  EXPECT_EQ(results[0].graph, results[2].graph);
  EXPECT_EQ(results[0].history, results[2].history);
  TrainerOptions other;
  other.seed = 2;
  EXPECT_FALSE(train(make_roi_classifier(3, 1), task, pattern_stage(2), other).graph == results[0].graph);
}

TEST(Trainer, GoesOnFromACheckpointToTheSameResult) {
  const DataFolder folder;
  const ClassificationTask task(patterns(120, 3), pattern_recipe());
  StageOptions stage = pattern_stage(3);
  stage.average = 0.9;
  const Training whole = train(make_roi_classifier(3, 1), task, stage, {});
  TrainerOptions options;
  options.checkpoint = folder.path("run.checkpoint");
  options.checkpoint_seconds = 0;
  struct Stopped {};
  for (const int64_t stop : {1, 4, 6, 11}) {  // in the middle and at the end of epochs
    EXPECT_THROW(train(make_roi_classifier(3, 1), task, stage, options,
                       [&](const TrainingProgress& p) {
                         if (p.step == stop + 1) throw Stopped();
                       }),
                 Stopped);
  }
  const Training resumed =
      train(make_roi_classifier(3, 1), task, stage, options, [](const TrainingProgress& p) { EXPECT_GT(p.step, 11); });
  EXPECT_EQ(resumed.graph, whole.graph);
  EXPECT_EQ(resumed.history, whole.history);
  StageOptions other = stage;
  other.name = "other";
  EXPECT_THROW(train(make_roi_classifier(3, 1), task, other, options), ModelError);
}

TEST(Trainer, SaysWhenTheLossIsNoLongerFinite) {
  const ClassificationTask task(patterns(60, 3), pattern_recipe());
  StageOptions stage = pattern_stage(2);
  stage.learning_rate = 1e30;
  try {
    train(make_roi_classifier(3, 1), task, stage, {});
    FAIL();
  } catch (const ModelError& e) {
    EXPECT_THAT(e.what(), HasSubstr("lower learning_rate"));
  }
}

// The program itself.
struct Outcome {
  int status = 0;
  std::string out, error;
};

class Program {
 public:
  Program(const DataFolder& folder, std::vector<std::string> words) : folder_(folder) {
    words.insert(words.begin(), test::build_dir() / "flashcell_train");
    pid_ = ::fork();
    if (pid_ != 0) return;
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (std::freopen(folder.path("stdout").c_str(), "w", stdout) == nullptr ||
        std::freopen(folder.path("stderr").c_str(), "w", stderr) == nullptr)
      ::_exit(99);
    ::execv(arguments[0], arguments.data());
    ::_exit(98);
  }
  void kill() const { ::kill(pid_, SIGKILL); }
  bool running() { return !ended_ && !(ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_); }
  Outcome wait() {
    if (!ended_) ::waitpid(pid_, &status_, 0);
    ended_ = true;
    const auto text = [&](const char* name) {
      const std::vector<uint8_t> bytes = read_file(folder_.path(name));
      return std::string(bytes.begin(), bytes.end());
    };
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_), text("stdout"), text("stderr")};
  }

 private:
  const DataFolder& folder_;
  pid_t pid_;
  int status_ = 0;
  bool ended_ = false;
};

void write_patterns(const DataFolder& folder) {
  const ClassificationData data = patterns(60, 5);
  for (const LabelledImages* images : {&data.train, &data.test}) {
    for (int i = 0; i < 60; ++i) {
      const std::string name = std::string(images == &data.train ? "data/train/" : "data/test/") +
                               data.classes[static_cast<size_t>(i % 3)] + "/" + std::to_string(i) + ".png";
      std::filesystem::create_directories(std::filesystem::path(folder.path(name)).parent_path());
      cv::imwrite(folder.path(name),
                  cv::Mat(28, 28, CV_8U, const_cast<uint8_t*>(&images->pixels[static_cast<size_t>(i) * 784])));
    }
  }
  folder.write("r.toml", R"(
task = "classify"
[data]
format = "class_folders"
[augment]
shift = 1
[train]
epochs = 6
batch = 12
learning_rate = 5e-3
[[quantize]]
name = "int8"
epochs = 3
)");
}

TEST(TrainProgram, SurvivesKillAndComesToTheSameResult) {
  const DataFolder folder;
  write_patterns(folder);
  const auto words = [&](const char* out) {
    return std::vector<std::string>{folder.path("r.toml"),  "--data", folder.path("data"), "-o", folder.path(out),
                                    "--checkpoint-seconds", "0",      "--threads",         "1"};
  };
  const Outcome whole = Program(folder, words("whole")).wait();
  ASSERT_EQ(whole.status, 0) << whole.error;
  EXPECT_EQ(whole.error, "");  // quiet in a pipe
  EXPECT_THAT(whole.out, AllOf(HasSubstr("float: accuracy"), HasSubstr("int8: accuracy")));
  int kills = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    Program program(folder, words("killed"));
    // Let it come some way beyond the checkpoint that it found.
    const auto stamp = [&] {
      std::error_code error;
      const auto time = std::filesystem::last_write_time(folder.path("killed/float.checkpoint"), error);
      return error ? std::filesystem::file_time_type::min() : time;
    };
    const auto before = stamp();
    while (program.running() && stamp() == before) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(4 * attempt));
    program.kill();
    kills += program.wait().status == -SIGKILL;
  }
  EXPECT_GE(kills, 1);
  const Outcome resumed = Program(folder, words("killed")).wait();
  ASSERT_EQ(resumed.status, 0) << resumed.error;
  for (const char* file : {"float.onnx", "int8.onnx", "int8.fcnn", "metrics.json", "learning_curve.svg"})
    EXPECT_EQ(read_file(folder.path(std::string("killed/") + file)),
              read_file(folder.path(std::string("whole/") + file)))
        << file;
}

TEST(TrainProgram, WritesModelsAndFigures) {
  const DataFolder folder;
  write_patterns(folder);
  const Outcome outcome =
      Program(folder, {folder.path("r.toml"), "--data", folder.path("data"), "-o", folder.path("out")}).wait();
  ASSERT_EQ(outcome.status, 0) << outcome.error;
  const std::vector<uint8_t> bytes = read_file(folder.path("out/metrics.json"));
  const auto metrics = nlohmann::json::parse(bytes.begin(), bytes.end());
  EXPECT_EQ(metrics["classes"], (std::vector<std::string>{"bar", "column", "square"}));
  ASSERT_EQ(metrics["stages"].size(), 2U);
  EXPECT_EQ(metrics["stages"][0]["epochs"].size(), 6U);
  EXPECT_GT(metrics["stages"][1]["memory_bits"]["all"], 0);
  // The figures are those of the files.
  const ClassificationTask task(patterns(60, 5), pattern_recipe());
  const auto [quantized, metadata] = import_onnx_model(folder.path("out/int8.onnx"));
  EXPECT_DOUBLE_EQ(task.evaluate(quantized)[0].value, metrics["stages"][1]["accuracy"].get<double>());
  EXPECT_EQ(metadata, (Metadata{task.classes(), Preprocessing{}}));
  EXPECT_EQ(import_onnx_model(folder.path("out/float.onnx")).metadata, metadata);
  const PackedModel packed = read_packed_file(folder.path("out/int8.fcnn"));
  PackedModel lowered = lower(quantized, packed.name, metadata);
  lowered.calibration = fit_calibration(task.held_out(quantized)).calibration;
  EXPECT_GT(lowered.calibration->objects, 0);
  EXPECT_EQ(packed_file_bytes(packed), packed_file_bytes(lowered));
  EXPECT_EQ(packed.class_names, task.classes());
  EXPECT_EQ(metrics["stages"][1]["engine"]["layers"], packed.layers.size());
}

TEST(TrainProgram, FineTunesANetworkThatIsTrained) {
  const DataFolder folder;
  write_patterns(folder);
  const std::vector<std::string> data = {folder.path("r.toml"), "--data", folder.path("data")};
  const auto run = [&](const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> words = data;
    words.insert(words.end(), {"-o", folder.path(out)});
    words.insert(words.end(), more.begin(), more.end());
    return Program(folder, words).wait();
  };
  ASSERT_EQ(run("out", {}).status, 0);
  const std::string trained = folder.path("out/float.onnx");
  const Outcome tuned = run("tuned", {"--model", trained, "--fine-tune"});
  ASSERT_EQ(tuned.status, 0) << tuned.error;
  EXPECT_EQ(import_onnx(folder.path("tuned/float.onnx")), import_onnx(trained));
  // The quantized stage began where the first run's did.
  EXPECT_NO_THROW(read_packed_file(folder.path("tuned/int8.fcnn")));
  EXPECT_EQ(read_file(folder.path("tuned/int8.onnx")), read_file(folder.path("out/int8.onnx")));

  Metadata other;
  other.preprocessing = Preprocessing{};
  other.preprocessing->factor = {1, 1, 1};
  export_onnx(import_onnx(trained), folder.path("other.onnx"), other);
  const Outcome refused = run("refused", {"--model", folder.path("other.onnx"), "--fine-tune"});
  EXPECT_EQ(refused.status, 3);
  EXPECT_THAT(refused.error, AllOf(HasSubstr("other.onnx"), HasSubstr("pixel / 255")));
  EXPECT_EQ(run("refused", {"--fine-tune"}).status, 3);
}

TEST(TrainProgram, SaysWhatIsWrong) {
  const DataFolder folder;
  write_patterns(folder);
  const auto error = [&](std::vector<std::string> words, int status) {
    const Outcome outcome = Program(folder, std::move(words)).wait();
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
    return outcome.error;
  };
  EXPECT_THAT(error({folder.path("none.toml")}, 3), HasSubstr("none.toml"));
  EXPECT_THAT(error({folder.path("r.toml"), "-o", folder.path("o")}, 3), HasSubstr("--data"));
  EXPECT_THAT(error({folder.path("r.toml"), "--data", folder.path("none"), "-o", folder.path("o")}, 3),
              HasSubstr("does not exist"));
  folder.write("data/test/bar/0.png", "no picture");
  EXPECT_THAT(error({folder.path("r.toml"), "--data", folder.path("data"), "-o", folder.path("o")}, 3),
              HasSubstr("data/test/bar/0.png"));
}

}  // namespace
}  // namespace flashcell::quant
