// Networks on emulated arrays as a user starts them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/folders.hpp"
#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

using test::Outcome;
using testing::HasSubstr;

class CimCli : public test::ProgramTest {
 protected:
  static std::string shipped(const std::string& file) {
    return test::source_dir() / "quant_models/recipes/trained/roi_mnist" / file;
  }
  static std::string mnist() { return test::data_dir() / "mnist"; }

  void expect_refusal(const std::vector<std::string>& words, int code, const std::vector<std::string>& what) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    for (const std::string& w : what) EXPECT_THAT(outcome.err, HasSubstr(w));
  }
};

TEST_F(CimCli, PresetsAreListedAndPrinted) {
  const Outcome list = run({"cim", "presets"});
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, HasSubstr("sonos_xiao_2022"));
  const Outcome one = run({"cim", "presets", "pcm_aihwkit"});
  EXPECT_THAT(one.out, HasSubstr("drift_mean"));
  std::ofstream(path("mine.toml")) << one.out.substr(0, one.out.find("read_time"));
  expect_refusal({"model", "eval", shipped("int8.onnx"), "nothing", "--device", "cim:" + path("mine.toml")}, 2,
                 {"mine.toml", "missing"});
}

TEST_F(CimCli, RefusalsAreOneLine) {
  const std::string network = shipped("int8.onnx");
  const auto eval = [&](const std::string& file, const std::string& device) {
    return std::vector<std::string>{"model", "eval", file, "nothing", "--device", device};
  };
  expect_refusal(eval(network, "cim:nonsense"), 2, {"nonsense", "reram_milo_2021"});
  expect_refusal(eval(network, "cim"), 2, {"cim:PRESET"});
  expect_refusal(eval(network, "cim:ideal_8bit,output.bit=3"), 2, {"bits"});
  expect_refusal(eval(shipped("int8.fcnn"), "cim:ideal_8bit"), 2, {".onnx"});
  expect_refusal(eval(shipped("float.onnx"), "cim:ideal_8bit"), 2, {"--calibration"});
  expect_refusal(eval(network, "cim:ideal_8bit,array.rows=1,array.columns=1"), 2, {"too small"});
  expect_refusal(eval(network, "cim:ideal_8bit,output.range=fixed,output.bound=1e-6"), 2,
                 {"output.bound", "cut off", "calibrated"});
  expect_refusal(eval("missing.onnx", "cim:ideal_8bit"), 3, {"missing.onnx"});
  expect_refusal(
      {"cim", "report", network, "--preset", "ideal_8bit", "--test", "nothing", "-o", path("r"), "--time", "1d..1s"}, 2,
      {"--time"});
}

TEST_F(CimCli, DigitsOnArrays) {
  FLASHCELL_NEEDS_DATA("mnist");
  const std::vector<std::string> words{"model",  "eval", shipped("int8.onnx"), mnist(), "--device", "cim:ideal_8bit",
                                       "--json", "-q"};
  const nlohmann::json json = test::parse_json(run(words).out);
  EXPECT_GT(json["top1_percent"], 98.5);
  EXPECT_EQ(json["device"], "cim:ideal_8bit");
}

TEST_F(CimCli, BitsChosenByLayerAreADevice) {
  FLASHCELL_NEEDS_DATA("mnist");
  const std::string network = shipped("int8.onnx");
  const auto words = [&](std::vector<std::string> more) {
    std::vector<std::string> all{"cim",   "report",  network, "--preset", "ideal_8bit", "--test",
                                 mnist(), "--time",  "1s",    "--chips",  "1",          "--images",
                                 "60",    "--noise", "0",     "--bits",   "8",          "-q"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  expect_refusal(words({"-o", path("none"), "--choose-bits", "both"}), 2, {"--calibration"});
  expect_refusal(words({"-o", path("none"), "--choose-bits", "both", "--calibration", mnist(), "--bit-errors", "80"}),
                 2, {"--bit-errors"});
  const Outcome outcome = run(words({"-o", path("bits"), "--choose-bits", "both", "--calibration", mnist()}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(test::read_file(path("bits/report.json")));
  const nlohmann::json& bits = json["bits_by_layer"];
  EXPECT_LT(bits["chosen"]["weight_bits"], bits["before"]["weight_bits"]);
  EXPECT_LT(bits["chosen"]["converter_microjoules"], bits["before"]["converter_microjoules"]);
  EXPECT_GT(bits["chosen"]["mean_percent"], bits["before"]["mean_percent"].get<double>() - 8);
  double nanojoules = 0;
  for (size_t i = 0; i < json["layers"].size(); ++i) {
    EXPECT_EQ(json["layers"][i]["weight_bits"], bits["weights"]["layers"][i]["chosen"]);
    EXPECT_EQ(json["layers"][i]["bits"], bits["converters"]["layers"][i]["chosen"]);
    nanojoules += 1000 * json["layers"][i]["microjoules"].get<double>();
  }
  EXPECT_NEAR(nanojoules, 1000 * bits["chosen"]["converter_microjoules"].get<double>(), 1e-9);
  test::expect_well_formed(test::read_file(path("bits/report.html")));
  const Outcome eval = run({"model", "eval", network, mnist(), "--device", "cim:" + path("bits/device.toml"), "--json",
                            "-q", "--calibration", mnist()});
  ASSERT_EQ(eval.code, 0) << eval.err;
  EXPECT_GT(nlohmann::json::parse(eval.out)["top1_percent"], 80);
}

TEST_F(CimCli, AReportIsTheSameForAnyNumberOfThreads) {
  FLASHCELL_NEEDS_DATA("mnist");
  const auto report = [&](const std::string& folder, const std::string& threads) {
    const Outcome outcome = run(
        {"cim",     "report", shipped("int8.onnx"), "--preset", "nor_4bit", "--test", mnist(),  "--time", "1s..1d",
         "--chips", "2",      "--images",           "40",       "--noise",  "0,2",    "--bits", "4,8",    "--threads",
         threads,   "-o",     path(folder),         "-q"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("real numbers"));
  };
  report("one", "1");
  report("two", "2");
  for (const char* file : {"report.txt", "report.json", "report.html"})
    EXPECT_EQ(test::read_file(path(std::string("one/") + file)), test::read_file(path(std::string("two/") + file)))
        << file;
  const std::string page = test::read_file(path("one/report.html"));
  test::expect_well_formed(page);
  EXPECT_EQ(page.find("http"), std::string::npos);
  const nlohmann::json json = test::parse_json(test::read_file(path("one/report.json")));
  EXPECT_EQ(json["over_time"].size(), 4U);
  EXPECT_EQ(json["over_noise"].size(), 2U);
  EXPECT_EQ(json["over_bits"].size(), 2U);
  EXPECT_GT(json["layers"].size(), 2U);
  EXPECT_GT(json["over_bits"][1]["mean_percent"], 80);
}

}  // namespace
}  // namespace flashcell
