// Trained networks on the integer engine: what their fake-quantized graphs promise, the integers keep.
#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/data/mnist.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "tests/quant_models/export/engine_run.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

std::string shipped(const std::string& file) {
  return test::source_dir() / "quant_models/recipes/trained" / file;
}

class ShippedClassifier : public testing::TestWithParam<const char*> {};

TEST_P(ShippedClassifier, PackedFileIsTheLoweredGraph) {
  const auto [graph, metadata] = import_onnx_model(shipped(std::string("roi_mnist/") + GetParam() + ".onnx"));
  const PackedModel packed = read_packed_file(shipped(std::string("roi_mnist/") + GetParam() + ".fcnn"));
  PackedModel lowered = lower(graph, packed.name, metadata);
  lowered.calibration = packed.calibration;  // measured afterwards
  EXPECT_EQ(packed_file_bytes(packed), packed_file_bytes(lowered));
  EXPECT_EQ(packed.class_names.size(), 10U);
}

TEST_P(ShippedClassifier, EngineKeepsTheGraphsAccuracyOnMnist) {
  FLASHCELL_NEEDS_DATA("mnist");
  const LabelledImages images = read_mnist_folder((test::data_dir() / "mnist").string(), false);
  const Graph graph = import_onnx(shipped(std::string("roi_mnist/") + GetParam() + ".onnx"));
  const Quantization& stored = *graph.node(graph.outputs()[0].node).quantization;
  const PackedModel packed = read_packed_file(shipped(std::string("roi_mnist/") + GetParam() + ".fcnn"));
  const std::vector<float> expected = run_all(graph, normalize(images, {0}, {1}), images.count, 50);

  test::EngineRunner engine(packed);
  const size_t size = static_cast<size_t>(images.rows) * static_cast<size_t>(images.columns);
  std::vector<float> scores;
  int64_t equal = 0;
  for (int64_t i = 0; i < images.count; ++i) {
    const std::span<const uint8_t> pixels(images.pixels.data() + static_cast<size_t>(i) * size, size);
    const std::vector<test::EngineOutput> outputs = engine.outputs(pixels);
    for (const float score : outputs.at(0).values) {
      // A rounded factor or bias may move a value by a step on its way, and a few of these add up.
      const float steps = std::abs(score - expected[scores.size()]) / stored.scale[0];
      EXPECT_LE(steps, 4.01F) << "image " << i;
      equal += steps < 0.5F;
      scores.push_back(score);
    }
  }
  const double count = static_cast<double>(images.count);
  const double graph_share = 100 * static_cast<double>(count_correct(expected, images.labels)) / count;
  const double engine_share = 100 * static_cast<double>(count_correct(scores, images.labels)) / count;
  const double equal_share = 100 * static_cast<double>(equal) / static_cast<double>(scores.size());
  RecordProperty("graph_percent", std::to_string(graph_share));
  RecordProperty("engine_percent", std::to_string(engine_share));
  RecordProperty("equal_scores_percent", std::to_string(equal_share));
  std::printf("%s: graph %.2f %%, engine %.2f %%, %.2f %% of the scores equal\n", GetParam(), graph_share, engine_share,
              equal_share);
  EXPECT_NEAR(engine_share, graph_share, 0.1);
  EXPECT_GE(engine_share, 99.0);
}

INSTANTIATE_TEST_SUITE_P(All, ShippedClassifier, testing::Values("int8", "int4"));

}  // namespace
}  // namespace flashcell::quant
