// ResNet-20 on real CIFAR-10 images against figures measured outside: 932 of the 1017 images in test_prefix.bin.
#include "quant_models/models/resnet20.hpp"

#include <gtest/gtest.h>

#include "quant_models/data/cifar10.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/graph/simplify.hpp"
#include "tests/support/data.hpp"

namespace flashcell::quant {
namespace {

TEST(ResNet20, ClassifiesAsManyImagesAsItsAuthorsNetwork) {
  FLASHCELL_NEEDS_DATA("weights/resnet20.npz");
  FLASHCELL_NEEDS_DATA("cifar10/test_prefix.bin");
  const Graph network = simplify(make_resnet20(read_npz((test::data_dir() / "weights/resnet20.npz").string())));
  const LabelledImages images = read_cifar10((test::data_dir() / "cifar10/test_prefix.bin").string());
  ASSERT_EQ(images.count, 1017);
  const std::vector<float> input = normalize(images, kImageNetMean, kImageNetDeviation);
  EXPECT_EQ(count_correct(run_all(network, input, images.count), images.labels), 932);
}

}  // namespace
}  // namespace flashcell::quant
