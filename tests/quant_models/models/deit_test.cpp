// DeiT-Tiny and MobileNetV1 as ONNX Runtime computes them (logits of 500 pictures), read from their files, simplified
// or not.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "quant_models/data/file_set.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/data/picture.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/onnx/import.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

const std::filesystem::path kNetwork = test::data_dir() / "weights/deit_tiny_imagenet.onnx",
                            kPictures = test::data_dir() / "imagenet/imagenet_even_classes.tar",
                            kLogits = test::data_dir() / "../vectors/imagenet";
constexpr size_t kClasses = 1000, kSide = 224;

/// What pixels mean: (pixel - mean) / deviation.
struct Pixels {
  std::array<float, 3> mean, deviation;
};

// The network's numbers of the picture with this number, as for the stated logits: shorter sides are 256 already, what
// is cut out begins at half the room less one, rounded down.
std::vector<float> numbers_of(const FileSet& files, size_t i, const Pixels& pixels) {
  const std::string& name = files.names().at(i);
  const Picture picture = decode_picture(files.read(name), name, 3);
  const auto rows = static_cast<size_t>(picture.rows), columns = static_cast<size_t>(picture.columns);
  const size_t top = (rows - kSide - 1) / 2, left = (columns - kSide - 1) / 2;
  std::vector<float> numbers;
  for (size_t c = 0; c < 3; ++c)
    for (size_t y = 0; y < kSide; ++y)
      for (size_t x = 0; x < kSide; ++x) {
        const uint8_t pixel = picture.pixels[(c * rows + top + y) * columns + left + x];
        numbers.push_back((static_cast<float>(pixel) - pixels.mean[c]) / pixels.deviation[c]);
      }
  return numbers;
}

size_t count_of(const Graph& graph, const std::string& kind) {
  return static_cast<size_t>(std::count_if(graph.order().begin(), graph.order().end(),
                                           [&](NodeId id) { return describe(graph.node(id).layer) == kind; }));
}

TEST(Deit, SimplifiedIsItsLayers) {
  FLASHCELL_NEEDS_FILE(kNetwork);
  const Graph graph = simplify(import_onnx(kNetwork.string()));
  EXPECT_EQ(count_of(graph, "layer normalization"), 25U);
  EXPECT_EQ(count_of(graph, "GELU"), 12U);
  EXPECT_EQ(count_of(graph, "product"), 24U);
  EXPECT_EQ(count_of(graph, "softmax"), 12U);
  EXPECT_EQ(count_of(graph, "fully connected"), 49U);
  EXPECT_EQ(count_of(graph, "add"), 25U);  // the positions, and two for each block
  EXPECT_EQ(count_of(graph, "multiply"), 0U);
}

void expect_logits(const std::filesystem::path& network, const std::filesystem::path& logits, const Pixels& pixels) {
  const FileSet files(kPictures.string());
  const std::vector<float> expected = read_npz(logits.string()).at("logits").tensor().values;
  const Graph graph = import_onnx(network.string()), simple = simplify(graph);
  std::vector<float> images;
  const std::vector<size_t> chosen = {0, 77, 250, 499};
  for (const size_t i : chosen) {
    const std::vector<float> numbers = numbers_of(files, i, pixels);
    images.insert(images.end(), numbers.begin(), numbers.end());
  }
  const auto count = static_cast<int64_t>(chosen.size());
  const std::vector<float> plain = run_all(graph, images, count, 1), simplified = run_all(simple, images, count, 4);
  double worst = 0, worst_simplified = 0;
  for (size_t i = 0; i < chosen.size(); ++i) {
    for (size_t c = 0; c < kClasses; ++c) {
      const float stated = expected[chosen[i] * kClasses + c];
      worst = std::max(worst, double{std::abs(plain[i * kClasses + c] - stated)});
      worst_simplified = std::max(worst_simplified, double{std::abs(simplified[i * kClasses + c] - stated)});
    }
  }
  EXPECT_LT(worst, 1e-4);
  EXPECT_LT(worst_simplified, 1e-4);
}

TEST(Deit, LogitsAreOnnxRuntimes) {
  for (const auto& file : {kNetwork, kPictures, kLogits}) FLASHCELL_NEEDS_FILE(file);
  expect_logits(kNetwork, kLogits / "deit_tiny_logits.npz", {{123.675F, 116.28F, 103.53F}, {58.395F, 57.12F, 57.375F}});
}

TEST(MobileNet, LogitsAreOnnxRuntimes) {
  const auto network = test::data_dir() / "weights/mobilenetv1_025_imagenet.onnx";
  for (const auto& file : {network, kPictures, kLogits}) FLASHCELL_NEEDS_FILE(file);
  expect_logits(network, kLogits / "mobilenetv1_025_logits.npz", {{127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}});
}

}  // namespace
}  // namespace flashcell::quant
