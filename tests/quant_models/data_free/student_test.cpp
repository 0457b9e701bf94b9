#include "quant_models/data_free/student.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/data_free/run_data_free.hpp"
#include "quant_models/data_free/train_student.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/synthesize/distill.hpp"
#include "quant_models/synthesize/noise.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/data/data_folder.hpp"
#include "tests/quant_models/synthesize/small_network.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using test::DataFolder;

InputRange range_of_blobs() {
  return {{-2, -2, -2}, {2, 2, 2}};
}

at::Tensor vector_in(const std::map<std::string, NumpyArray>& file, const std::string& name) {
  return to_torch(file.at(name).tensor());
}

// GDFQ's loss: Kullback-Leibler divergence at a temperature of 20, mean over images and classes, and cross entropy.
TEST(DistillationLoss, IsThatOfGdfq) {
  const std::filesystem::path path = flashcell::test::data_dir() / "../vectors/gdfq/gdfq_vectors.npz";
  FLASHCELL_NEEDS_FILE(path);
  const auto file = read_npz(path.string());
  const at::Tensor student = vector_in(file, "kd_s"), teacher = vector_in(file, "kd_t");
  const at::Tensor labels = vector_in(file, "kd_lab").to(at::kLong);
  const at::Tensor loss =
      distillation_loss(student, teacher, 20) / student.size(1) + at::cross_entropy_loss(student, labels);
  EXPECT_NEAR(loss.item<double>(), file.at("kd_loss").numbers().at(0), 1e-5);
}

TEST(SureClassLoss, CountsOnlyWhatTheTeacherIsSureOf) {
  const float even = 0, sure = std::log(4.F);
  // Probabilities 4/5 and 1/5; then 1/2 each, of difficulty 1/2.
  const at::Tensor teacher = at::tensor({sure, 0.F, even, even}).reshape({2, 2});
  const at::Tensor student = at::tensor({0.F, 0.F, 3.F, 1.F}).reshape({2, 2});
  EXPECT_NEAR(sure_class_loss(student, teacher, 0.4).item<double>(), 0.8 * std::log(2.0) / 2, 1e-6);
  const double second = 0.5 * std::log(1 + std::exp(-2.0));
  EXPECT_NEAR(sure_class_loss(student, teacher, 0.5).item<double>(), (0.8 * std::log(2.0) + second) / 2, 1e-6);
}

TEST(MixedImages, ShowEveryImageOnceARound) {
  // Constant images: a mixture tells which two it is made of where one of them is 0.
  DrawnImages drawn{8, {}, {}, {}};
  for (int i = 0; i < 8; ++i) drawn.values.insert(drawn.values.end(), 4, 1.0F);
  const MixedImages mixed(drawn, {1, 1, 2, 2}, 8, 3);
  EXPECT_TRUE(mixed.images(0, 0, 1).sub(1).abs().lt(1e-6).all().item<bool>());
  EXPECT_EQ(mixed.images(5, 1, 4).size(0), 2);
  const at::Tensor whole = mixed.images(2, 0, 1);
  for (size_t part = 0; part < 4; ++part)
    EXPECT_TRUE(mixed.images(2, part, 4).equal(whole.narrow(0, static_cast<int64_t>(part) * 2, 2)));
}

PostTrainingOptions few_bits() {
  PostTrainingOptions options;
  options.weights.bits = 3;
  options.weights.calibrator = Calibrator::mse;
  options.activations.bits = 3;
  options.activations.calibrator = Calibrator::mse;
  options.sum_bits = 8;
  return options;
}

Graph trained_on(const Graph& real, const DrawnImages& drawn, int64_t steps, const std::string& checkpoint = "",
                 int threads = 2) {
  Student student(real, quantize_post_training(real, drawn.values, drawn.count, few_bits()), {});
  MixedImages images(drawn, {1, test::kColours, test::kSide, test::kSide}, 16, 1);
  StudentTrainingOptions options;
  options.steps = steps;
  options.learning_rate = 1e-3;
  options.average = 0.9;
  options.threads = threads;
  options.checkpoint = checkpoint;
  options.checkpoint_seconds = 0;
  std::vector<double> losses;
  Graph trained = train_student(student, images, options, losses, {});
  EXPECT_EQ(losses.size(), static_cast<size_t>(steps));
  return trained;
}

// Mean square of what the outputs on pictures that nobody showed it are off.
double error_on_blobs(const Graph& real, const Graph& quantized) {
  const std::vector<float> blobs = test::blob_pictures(64, 77);
  const std::vector<float> a = run_all(real, blobs, 64), b = run_all(quantized, blobs, 64);
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i] - b[i]), 2);
  return sum / static_cast<double>(a.size());
}

TEST(TrainStudent, LearnsFromItsOwnPicturesBetterThanFromNoise) {
  const Graph graph = test::small_network(3), real = simplify(graph);
  DistillOptions options;
  options.batch = 32;
  options.steps = 60;
  const DrawnImages own = DistilledImages(range_of_blobs(), options).draw(graph, 64, 5, {});
  const DrawnImages noise = NoiseImages(range_of_blobs()).draw(graph, 64, 5, {});
  const double before = error_on_blobs(real, quantize_post_training(real, own.values, own.count, few_bits()));
  const double with_own = error_on_blobs(real, trained_on(real, own, 80));
  EXPECT_LT(with_own, before);
  EXPECT_LT(with_own, error_on_blobs(real, trained_on(real, noise, 80)));
}

std::vector<int> integers_of(const Layer& layer) {
  const Quantization& q = **weight_quantization_of(layer);
  const std::vector<float>& weights = weight_of(layer)->values;
  const size_t each = weights.size() / q.scale.size();
  std::vector<int> integers;
  for (size_t i = 0; i < weights.size(); ++i)
    integers.push_back(static_cast<int>(std::clamp(round_half_up(weights[i] / q.scale[i / each]),
                                                   static_cast<float>(q.lowest()), static_cast<float>(q.highest()))));
  return integers;
}

TEST(TrainStudent, KeepsIntegersWhereItIsTold) {
  const Graph graph = test::small_network(3), real = simplify(graph);
  const DrawnImages noise = NoiseImages(range_of_blobs()).draw(graph, 32, 5, {});
  const Graph quantized = quantize_post_training(real, noise.values, noise.count, few_bits());
  for (const bool keeps : {true, false}) {
    Student student(real, quantized, {});
    MixedImages images(noise, {1, test::kColours, test::kSide, test::kSide}, 16, 1);
    StudentTrainingOptions options;
    options.steps = 40;
    options.learning_rate = 3e-3;
    options.average = 0.9;
    options.keeps_integers = keeps;
    std::vector<double> losses;
    const Graph trained = train_student(student, images, options, losses, {});
    EXPECT_LT(losses.back(), losses.front());
    bool same_integers = true, same_scales = true;
    for (const NodeId id : trained.order()) {
      const Layer &before = quantized.node(id).layer, &after = trained.node(id).layer;
      if (weight_of(after) == nullptr) continue;
      same_integers &= integers_of(after) == integers_of(before);
      same_scales &= (**weight_quantization_of(after)).scale == (**weight_quantization_of(before)).scale;
    }
    EXPECT_EQ(same_integers, keeps);
    EXPECT_FALSE(same_scales);
  }
}

TEST(TrainStudent, DoesNotDependOnThreadsAndGoesOnWhereItWas) {
  const Graph graph = test::small_network(3), real = simplify(graph);
  const DrawnImages noise = NoiseImages(range_of_blobs()).draw(graph, 16, 5, {});
  const Graph whole = trained_on(real, noise, 12, "", 1);
  EXPECT_EQ(trained_on(real, noise, 12, "", 4), whole);
  const DataFolder folder;
  const std::string file = folder.path("training.checkpoint");
  // Stopped after five steps, as a signal would: by an exception out of the progress.
  struct Stopped {};
  Student student(real, quantize_post_training(real, noise.values, noise.count, few_bits()), {});
  MixedImages images(noise, {1, test::kColours, test::kSide, test::kSide}, 16, 1);
  StudentTrainingOptions options;
  options.steps = 12;
  options.learning_rate = 1e-3;
  options.average = 0.9;
  options.checkpoint = file;
  options.checkpoint_seconds = 0;
  std::vector<double> losses;
  EXPECT_THROW(train_student(student, images, options, losses,
                             [](const DrawProgress& p) {
                               if (p.step == 6) throw Stopped();
                             }),
               Stopped);
  EXPECT_EQ(load_checkpoint(file, 0)->step, 5);
  EXPECT_EQ(trained_on(real, noise, 12, file), whole);
}

class DataFreeRuns : public testing::TestWithParam<PictureMethod> {};

TEST_P(DataFreeRuns, WriteTheSameModelsEveryTime) {
  const DataFolder folder;
  DataFreeOptions options;
  options.network.model = folder.path("small.onnx");
  options.network.mean = {127.5F};
  options.network.factor = {4 / 255.0F};
  options.method = GetParam();
  options.weight_bits = options.activation_bits = 4;
  options.minutes = 0.002;
  options.images = 32;
  export_onnx(test::small_network(3), options.network.model);
  options.output = folder.path("a");
  const DataFreeRun run = run_data_free(options, {});
  EXPECT_EQ(run.refused, "");
  EXPECT_EQ(run.images, 32);
  EXPECT_FALSE(run.test.has_value());
  options.output = folder.path("b");
  options.threads = 3;
  run_data_free(options, {});
  for (const char* file : {"small.fcnn", "small.onnx", "pictures/pictures.npz", "pictures/sheet.png"})
    EXPECT_EQ(read_file(folder.path(std::string("a/") + file)), read_file(folder.path(std::string("b/") + file)))
        << file;
}

INSTANTIATE_TEST_SUITE_P(All, DataFreeRuns,
                         testing::Values(PictureMethod::noise, PictureMethod::leaves, PictureMethod::distill,
                                         PictureMethod::gdfq, PictureMethod::ddaq, PictureMethod::coleq));

TEST(DataFree, RefusesNetworksWithoutBatchNormalization) {
  const DataFolder folder;
  DataFreeOptions options;
  options.network.model = folder.path("small.onnx");
  options.output = folder.path("out");
  options.minutes = 0.002;
  export_onnx(test::small_network(3, false), options.network.model);
  for (const PictureMethod method : {PictureMethod::distill, PictureMethod::gdfq}) {
    options.method = method;
    EXPECT_THAT([&] { run_data_free(options, {}); },
                testing::ThrowsMessage<ModelError>(testing::HasSubstr("no batch normalization")));
    EXPECT_FALSE(std::filesystem::exists(folder.path("out")));
  }
}

}  // namespace
}  // namespace flashcell::quant
