// ResNet-20 as PyTorch exports it, with shortcuts of strided slices and F.pad: the same network as its weights make,
// and the same bytes on everything that runs integers.
#include <gtest/gtest.h>

#include <cmath>

#include "host/inference/engine/engine.hpp"
#include "host/inference/input_table.hpp"
#include "host/inference/reference/reference.hpp"
#include "quant_models/data/cifar10.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/models/resnet20.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "tests/kernels_hls/qcnn/qcnn_launch.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

class ExportedResNet20 : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    FLASHCELL_NEEDS_DATA(GetParam());
    FLASHCELL_NEEDS_DATA("weights/resnet20.npz");
    FLASHCELL_NEEDS_DATA("cifar10/test_prefix.bin");
    network_ = import_onnx((test::data_dir() / GetParam()).string());
    images_ = read_cifar10((test::data_dir() / "cifar10/test_prefix.bin").string());
    input_ = normalize(images_, kImageNetMean, kImageNetDeviation);
    input_.resize(kImages * kImage);
  }

  static constexpr int64_t kImages = 40, kImage = 3072;
  Graph network_;
  LabelledImages images_;
  std::vector<float> input_;
};

TEST_P(ExportedResNet20, IsTheNetworkOfItsWeights) {
  const Graph expected = make_resnet20(read_npz((test::data_dir() / "weights/resnet20.npz").string()));
  const std::vector<float> ours = run_all(network_, input_, kImages), theirs = run_all(expected, input_, kImages);
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], theirs[i], 1e-3) << i;
}

TEST_P(ExportedResNet20, GivesTheSameBytesOnEveryDevice) {
  for (const int bits : {8, 4}) {
    PostTrainingOptions options;
    options.weights = {.bits = bits, .calibrator = Calibrator::mse};
    options.activations = {.bits = bits, .calibrator = Calibrator::mse};
    const Graph quantized = quantize_post_training(network_, input_, kImages, options);
    const PackedModel model = lower(quantized, "resnet20");
    const Quantization& q = *quantized.node(quantized.inputs()[0]).quantization;
    constexpr size_t kItems = 2;
    std::vector<uint8_t> stored(kItems * kImage);
    for (size_t i = 0; i < stored.size(); ++i) {
      const size_t item = i / kImage, pixel = i % kImage / 3, channel = i % 3;
      const double real = input_[item * kImage + channel * 1024 + pixel] / q.scale[0];
      stored[i] = static_cast<uint8_t>(
          std::clamp<int>(static_cast<int>(std::floor(real + 0.5)) + q.zero_point[0], q.lowest(), q.highest()));
    }
    std::vector<uint8_t> expected(kItems * 10), outputs(expected.size());
    host::run_reference(model, stored, kItems, expected);
    for (const host::inference::Target target : host::inference::supported_targets()) {
      host::Engine(model, target).run(stored, kItems, outputs);
      EXPECT_EQ(outputs, expected) << host::inference::name_of(target) << ", " << bits << " bits";
    }
    const test::QcnnLaunch launch = test::launch_qcnn(qcnn_large_v2, model, stored, kItems);
    EXPECT_EQ(launch.status, contract::QcnnStatus::done);
    EXPECT_EQ(launch.outputs, expected) << "HLS, " << bits << " bits";
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExportedResNet20,
                         testing::Values("weights/resnet20_export_op13.onnx", "weights/resnet20_export_bn.onnx"));

}  // namespace
}  // namespace flashcell::quant
