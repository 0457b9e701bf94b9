// `flashcell quantize --mixed` and `--method` as a user starts them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "quant_models/onnx/export.hpp"
#include "quant_models/random.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

using test::Outcome;
using testing::HasSubstr;

constexpr int64_t kImages = 12;

class MixedPrecisionCli : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    quant::Random random(1, {});
    const auto tensor = [&](quant::Shape shape) {
      quant::Tensor t{shape, std::vector<float>(static_cast<size_t>(quant::element_count(shape)))};
      for (float& x : t.values) x = static_cast<float>(random.normal());
      return t;
    };
    quant::Graph graph;
    quant::NodeId x = graph.add("x", quant::Input{{1, 3, 8, 8}});
    for (const char* name : {"first", "second", "third"}) {
      quant::Convolution layer{tensor({8, graph.node(x).shape[1], 3, 3}), tensor({8})};
      layer.padding = {1, 1, 1, 1};
      x = graph.add(std::string(name) + "_relu", quant::Activation{}, {graph.add(name, layer, {x})});
    }
    x = graph.add("flat", quant::Reshape{{0, -1}}, {graph.add("mean", quant::GlobalPool{}, {x})});
    graph.add_output("scores", graph.add("scores", quant::FullyConnected{tensor({5, 8}), tensor({5})}, {x}));
    quant::export_onnx(graph, path("net.onnx"));
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 3, 8, 8), }";
    header.resize(118 - 1, ' ');
    const quant::Tensor images = tensor({kImages, 3, 8, 8});
    std::ofstream(dir_ / "images.npy", std::ios::binary)
        << std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
               std::string(reinterpret_cast<const char*>(images.values.data()), images.values.size() * sizeof(float));
  }

  Outcome quantize(const std::string& output, std::vector<std::string> more) const {
    std::vector<std::string> words = {"quantize", path("net.onnx"), "--calib", path("images.npy"), "-o", path(output)};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  nlohmann::json report(const std::string& output) const {
    return test::parse_json(test::read_file(path(output + "/report.json")));
  }
};

TEST_F(MixedPrecisionCli, WritesWhatItChoseAndAllOtherPoints) {
  const Outcome outcome = quantize("q", {"--mixed", "--budget", "0.001MB"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("bits of each layer chosen by sqnr"));
  const nlohmann::json json = report("q"), bits = json.at("bits");
  EXPECT_TRUE(bits.at("exact").get<bool>());
  EXPECT_LE(bits.at("chosen").at("weight_bits").get<double>(), 0.001 * 8 * (1 << 20));
  ASSERT_EQ(bits.at("members").size(), bits.at("chosen").at("bits").size());
  EXPECT_EQ(bits.at("front").size(), bits.at("points").get<size_t>());
  EXPECT_EQ(bits.at("uniform").size(), 6U);
  // The network has them.
  for (size_t i = 0; i < bits.at("members").size(); ++i) {
    const std::string member = bits.at("members")[i].get<std::string>();
    const std::string name = member.substr(0, member.find(' '));
    const auto& values = json.at("values");
    const auto value = std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.at("name") == name; });
    ASSERT_NE(value, values.end()) << name;
    EXPECT_EQ(value->at(member.ends_with("value") ? "value_bits" : "weight_bits"), bits.at("chosen").at("bits")[i]);
  }
  const std::string csv = test::read_file(path("q/front.csv"));
  EXPECT_EQ(static_cast<size_t>(std::count(csv.begin(), csv.end(), '\n')), bits.at("points").get<size_t>() + 1);
  EXPECT_THAT(test::read_file(path("q/front.svg")), testing::StartsWith("<svg"));
  ASSERT_EQ(quantize("again", {"--mixed", "--budget", "0.001MB"}).code, 0);
  EXPECT_EQ(test::read_file(path("again/front.csv")), csv);
}

TEST_F(MixedPrecisionCli, TimeIsAnAxis) {
  for (const char* where : {"cpu", "kv260"}) {
    const Outcome outcome = quantize(where, {"--mixed", "--time", where, "--budget", "1fps"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_GT(report(where).at("bits").at("chosen").at("time").get<int64_t>(), 0);
    EXPECT_GT(report(where).at("bits").at("time_of_other_layers").get<int64_t>(), 0);
  }
}

TEST_F(MixedPrecisionCli, GradientsComeFromTheTrainingProgram) {
  if (!std::filesystem::exists(test::build_dir() / "flashcell_train")) GTEST_SKIP() << "needs flashcell_train";
  for (const char* sensitivity : {"htq", "hawq", "paper"}) {
    const Outcome outcome = quantize(sensitivity, {"--mixed", "--sensitivity", sensitivity});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_GT(report(sensitivity).at("bits").at("chosen").at("perturbation").get<double>(), 0) << sensitivity;
  }
}

TEST_F(MixedPrecisionCli, SaysInOneLineWhatIsWrong) {
  const auto expect_refusal = [&](const std::vector<std::string>& more, int code, const char* what) {
    std::vector<std::string> words = {"--mixed"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = quantize("refused", words);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(what));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(path("refused")));
  };
  expect_refusal({"--budget", "much"}, 2, "begins with no number above 0");
  expect_refusal({"--budget", "-1MB"}, 2, "begins with no number above 0");
  expect_refusal({"--budget", "5kg"}, 2, "'kg' is no unit");
  expect_refusal({"--choices", "w:1"}, 2, "1 bits is not between 2 and 16");
  expect_refusal({"--edge-weights", "8"}, 2, "leave out --edge-weights");
  expect_refusal({"--time", "abacus"}, 2, "there is no board abacus");
  expect_refusal({"--budget", "0.0001MB"}, 3, "the least possible is");
}

TEST_F(MixedPrecisionCli, MethodsThatTrain) {
  if (!std::filesystem::exists(test::build_dir() / "flashcell_train")) GTEST_SKIP() << "needs flashcell_train";
  for (const char* method : {"ease-in", "cluster", "prune"}) {
    const Outcome outcome = quantize(method, {"--method", method, "--steps", "3"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("trained on 12 images without labels"));
    EXPECT_TRUE(std::filesystem::exists(path(method) + "/net.fcnn"));
  }
  EXPECT_THAT(quantize("prune", {"--method", "prune", "--steps", "3"}).out, HasSubstr("multiply-accumulates are left"));
  EXPECT_EQ(quantize("both", {"--method", "prune", "--adaround"}).code, 2);
  EXPECT_EQ(quantize("both", {"--method", "spqr", "--mixed"}).code, 2);
}

TEST_F(MixedPrecisionCli, FewBitsOfWeights) {
  for (const char* method : {"onebit", "ternary", "spqr"}) {
    const Outcome outcome = quantize(method, {"--method", method});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(std::filesystem::exists(path(method) + "/net.onnx"));
    EXPECT_EQ(std::filesystem::exists(path(method) + "/net.fcnn"), std::string(method) == "ternary");
  }
}

}  // namespace
}  // namespace flashcell
