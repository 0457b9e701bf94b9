#include <gtest/gtest.h>

#include <cstdio>

#include "host/inference/detect/frame_detector.hpp"
#include "quant_models/data/mnist.hpp"
#include "quant_models/data/voc.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/models/cell_detector.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/train/augment.hpp"
#include "quant_models/train/average_precision.hpp"
#include "quant_models/train/memory.hpp"
#include "tests/support/folders.hpp"

// The trained networks in quant_models/recipes/trained hold what quant_models/recipes/README.md says of them.
namespace flashcell::quant {
namespace {

std::string shipped_file(const std::string& name) {
  return test::source_dir() / "quant_models/recipes/trained" / name;
}

Graph shipped(const std::string& name) {
  return import_onnx(shipped_file(name + ".onnx"));
}

double mnist_accuracy(const Graph& graph) {
  const LabelledImages test = read_mnist_folder((test::data_dir() / "mnist").string(), false);
  const std::vector<float> scores = run_all(graph, normalize(test, {0}, {1}), test.count, 50);
  return static_cast<double>(count_correct(scores, test.labels)) / static_cast<double>(test.count);
}

TEST(ShippedClassifier, FitsTheChip) {
  const Graph graph = shipped("roi_mnist/int8");
  EXPECT_LE(chip_memory(graph).total(), 160'000);
  EXPECT_LE(total_cost(graph).macs, 500'000);
  EXPECT_LT(chip_memory(shipped("roi_mnist/int4")).total(), 100'000);
}

TEST(ShippedClassifier, AccuracyOnMnist) {
  FLASHCELL_NEEDS_DATA("mnist");
  const double real = mnist_accuracy(shipped("roi_mnist/float"));
  EXPECT_GE(real, 0.992);
  EXPECT_GE(mnist_accuracy(shipped("roi_mnist/int8")), 0.99);
  EXPECT_GE(mnist_accuracy(shipped("roi_mnist/int4")), real - 0.003);
}

double mean_average_precision(const Graph& graph, const DetectionSet& set) {
  constexpr int kSide = 512;
  Executor executor(graph);
  std::vector<DetectedPicture> pictures;
  for (const MarkedPicture& marked : set.pictures) {
    const Picture& p = marked.picture;
    render(p, plain_view(p, kSide, kSide), kSide, kSide, false, executor.input(0));
    executor.run();
    DetectedPicture detected{marked.objects, decode_cells(executor.output(0), 3, kSide / kCellSize, kSide / kCellSize)};
    const float x = static_cast<float>(p.columns) / kSide, y = static_cast<float>(p.rows) / kSide;
    for (Detection& d : detected.detections) d.box = {d.box.left * x, d.box.top * y, d.box.right * x, d.box.bottom * y};
    pictures.push_back(std::move(detected));
  }
  return average_precision(pictures, 3).mean;
}

DetectionSet bccd_test_pictures() {
  const FileSet files((test::data_dir() / "detect/BCCD.tar.gz").string());
  return read_voc(files, "test", 1, read_voc(files, "trainval", 1).classes);
}

TEST(ShippedDetector, AveragePrecisionOnBccd) {
  FLASHCELL_NEEDS_DATA("detect/BCCD.tar.gz");
  const DetectionSet test = bccd_test_pictures();
  const Graph graph = shipped("cell_bccd/float");
  EXPECT_NEAR(static_cast<double>(total_cost(graph).macs), 38e6, 1e6);
  const double real = mean_average_precision(graph, test);
  EXPECT_GE(real, 0.8);
  EXPECT_GE(mean_average_precision(shipped("cell_bccd/int8"), test), real - 0.005);
  EXPECT_GE(mean_average_precision(shipped("cell_bccd/int4"), test), real - 0.02);
}

// What a user gets: pictures stretched in integers, the engine, boxes from its integers.
double deployed_precision(const std::string& name, const DetectionSet& set) {
  host::FrameDetector detector(read_packed_file(shipped_file(name + ".fcnn")), {}, 8);
  std::vector<DetectedPicture> pictures;
  for (const MarkedPicture& marked : set.pictures) {
    const Picture& p = marked.picture;
    const auto found = detector.detect({p.pixels.data(), p.columns, p.rows, p.columns, PixelFormat::grey8});
    pictures.push_back({marked.objects, {found.begin(), found.end()}});
  }
  return average_precision(pictures, 3).mean;
}

TEST(ShippedDetector, AveragePrecisionOnBccdByTheEngine) {
  FLASHCELL_NEEDS_DATA("detect/BCCD.tar.gz");
  const DetectionSet test = bccd_test_pictures();
  const double real = mean_average_precision(shipped("cell_bccd/float"), test);
  const double int8 = deployed_precision("cell_bccd/int8", test), int4 = deployed_precision("cell_bccd/int4", test);
  std::printf("mAP@50: real %.4f, engine int8 %.4f, int4 %.4f\n", real, int8, int4);
  EXPECT_GE(int8, real - 0.005);
  EXPECT_GE(int4, real - 0.02);
}

}  // namespace
}  // namespace flashcell::quant
