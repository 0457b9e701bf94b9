// README's accuracy of networks, by the commands that a user has: `flashcell quantize`, then `model eval` on the
// engine.
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

using test::Outcome;

class NetworkAccuracy : public test::ProgramTest {
 protected:
  /// Images that are right, and those that tie.
  struct Figures {
    int correct = 0, ties = 0;
  };

  Figures eval(const std::string& network, const std::string& data) const {
    const Outcome outcome = run({"model", "eval", network, (test::data_dir() / data).string(), "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    if (outcome.code != 0) return {};
    const auto json = test::parse_json(outcome.out);
    EXPECT_EQ(json["as"], "integer");
    std::printf("%s: %.2f %% of %d\n", network.c_str(), json["top1_percent"].get<double>(), json["images"].get<int>());
    return {json["correct"], json["ties"]};
  }

  std::string quantize(const std::string& network, const std::vector<std::string>& more) const {
    std::vector<std::string> words = {
        "quantize", (test::data_dir() / "weights" / network).string(), "-o", path("q"), "--name", "net"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return path("q/net.fcnn");
  }
};

TEST_F(NetworkAccuracy, ShippedClassifierOnMnist) {
  FLASHCELL_NEEDS_DATA("mnist");
  const std::string trained = test::source_dir() / "quant_models/recipes/trained/roi_mnist";
  EXPECT_EQ(eval(trained + "/int8.fcnn", "mnist").correct, 9933);
  EXPECT_EQ(eval(trained + "/int4.fcnn", "mnist").correct, 9926);
}

/// ResNet-20 as PyTorch exports it, 1017 test images; 100 training images to calibrate with.
TEST_F(NetworkAccuracy, ResNet20OnTheEngine) {
  FLASHCELL_NEEDS_DATA("weights/resnet20_export_op13.onnx");
  FLASHCELL_NEEDS_DATA("cifar10/test_prefix.bin");
  FLASHCELL_NEEDS_DATA("cifar10/train_prefix_1.bin");
  const std::vector<std::string> given = {"--calib",  (test::data_dir() / "cifar10/train_prefix_1.bin").string(),
                                          "--mean",   "123.675,116.28,103.53",
                                          "--factor", "0.01712475,0.01750700,0.01742919"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), given.begin(), given.end());
    return eval(quantize("resnet20_export_op13.onnx", more), "cifar10/test_prefix.bin");
  };
  // README: 933, 887, 916 and 925. AdaRound's sums may be rounded in another way on another processor.
  EXPECT_GE(with({}).correct, 930);  // real numbers: 932
  const std::vector<std::string> four = {"--weights", "4", "--activations", "4"};
  const auto four_and = [&](const char* more) {
    std::vector<std::string> words = four;
    words.emplace_back(more);
    return with(words);
  };
  const Figures nearest = with(four), corrected = four_and("--correct-bias"), rounded = four_and("--adaround");
  EXPECT_GE(nearest.correct, 875);
  EXPECT_LE(nearest.ties, 40);  // with scores of 4 bits some 100
  EXPECT_GE(corrected.correct, nearest.correct);
  EXPECT_GE(rounded.correct, 922);
}

}  // namespace
}  // namespace flashcell
