#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/output_file.hpp"
#include "quant_models/report/data_free_run.hpp"
#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"

namespace flashcell::quant {
namespace {

using testing::HasSubstr;
using testing::Not;

// A grey PNG of 1 x 1 pixel.
const std::vector<uint8_t> kPng = {137, 80,  78,  71,  13, 10, 26, 10,  0,   0,  0,   13, 73,  72,  68,  82, 0,
                                   0,   0,   1,   0,   0,  0,  1,  8,   0,   0,  0,   0,  58,  126, 155, 85, 0,
                                   0,   0,   10,  73,  68, 65, 84, 120, 218, 99, 104, 0,  0,   0,   130, 0,  129,
                                   119, 205, 114, 182, 0,  0,  0,  0,   73,  69, 78,  68, 174, 66,  96,  130};

BitFront front_of(size_t layers) {
  BitFront front{"htq", {"0.2MB"}, {}, {}, 0, true, 0, {}};
  for (size_t i = 0; i < layers; ++i) {
    front.members.push_back("layer" + std::to_string(i) + " value");
    front.members.push_back("layer" + std::to_string(i) + " weights");
  }
  for (int i = 0; i < 400; ++i) {
    const double w = 2 + 6 * (i % 20) / 19.0, a = 4 + 4 * (i / 20) / 19.0;
    FrontPoint point{
        std::exp(-w) + 0.3 * std::exp(-a), static_cast<int64_t>(w * 270000), static_cast<int64_t>(w * a * 40e6), {}};
    for (size_t l = 0; l < layers; ++l) {
      point.bits.push_back(a < 6 ? 4 : 8);
      point.bits.push_back(w < 4 ? 2 : w < 6 ? 4 : 8);
    }
    front.points.push_back(std::move(point));
  }
  front.all_points = 12345;
  front.chosen = 170;
  for (const int w : {2, 4, 8})
    for (const int a : {4, 8})
      front.uniform.push_back(
          {w, a, {2.5 * (std::exp(-w) + 0.3 * std::exp(-a)), w * 270000LL, w * a * 40000000LL, {}}});
  return front;
}

DataFreeRun whole_run() {
  DataFreeRun run;
  run.model = "ants & <b>";
  run.network = "models/ants.onnx";
  run.family = "CNN with batch normalization";
  run.method = "distill";
  run.commands = {"flashcell quantize 'ants & flies.onnx' --data-free -o out"};
  run.steps = {"32 pictures <drawn>", "trained"};
  run.assumed = "the file does not say what the input means";
  run.images = 768;
  run.cpu_minutes = 9.87;
  for (const char* caption : {"step 0", "step 25", "step 50", "step 100"}) run.sheets.push_back({caption, kPng, 1, 1});
  for (int i = 0; i < 1000; ++i) {
    run.picture_losses.push_back(40 * std::exp(-i / 100.0) + 0.5 + 0.1 * std::sin(i));
    run.training_losses.push_back(1 / (1 + 0.01 * i));
  }
  run.front = front_of(20);
  for (int i = 0; i < 40; ++i)
    run.errors.push_back({"layer" + std::to_string(i), "convolution 3x3", i % 2 == 0 ? 4 : 0, i % 3 == 0 ? 8 : 4,
                          i == 39 ? INFINITY : 30 + 12 * std::sin(i), 0.999});
  run.error_images = 64;
  for (const char* name : {"noise", "drawn pictures", "real pictures"}) {
    DensityCurve curve{name, {}, {}};
    const double middle = name[0] == 'n' ? 0.9 : 0.4, width = name[0] == 'n' ? 0.03 : 0.2;
    for (int i = 0; i <= 100; ++i) {
      curve.x.push_back(i / 100.0);
      curve.density.push_back(std::exp(-std::pow((i / 100.0 - middle) / width, 2)) / width);
    }
    run.similarities.push_back(curve);
  }
  run.test = TestFigures{"test.bin", 1017, 0.9164, 0.9105, 0.9095};
  run.real_size = {272474, 8719168, 1048576, 40813184, 41792700416};
  run.quantized_size = {272474, 1089896, 163840, 40813184, 653010944};
  return run;
}

// Where $FLASHCELL_KEEP names a folder the page stays there, to be looked at.
std::string page_of(const DataFreeRun& run, const char* name) {
  std::string page = to_page(run);
  if (const char* keep = std::getenv("FLASHCELL_KEEP")) write_file(std::filesystem::path(keep) / name, page);
  return page;
}

TEST(DataFreePage, ShowsWhatTheRunCameTo) {
  const DataFreeRun run = whole_run();
  const std::string page = page_of(run, "data_free.html");
  const std::string text = test::expect_own_page(page);
  for (const char* part : {"<h1>ants &amp; &lt;b&gt;</h1>",
                           "CNN with batch normalization",
                           "<b>90.95 %</b>",
                           "<b>91.64 %</b>",
                           "<b>-0.69</b>",
                           "<figcaption>step 25</figcaption>",
                           "data:image/png;base64,",
                           "Loss of the pictures",
                           "Loss of the quantized network",
                           "12345 settings",
                           "400 of them are drawn",
                           "within 0.2MB",
                           "<td class=\"text\">W4A8 everywhere</td>",
                           "Bits of weights",
                           "Bits of values",
                           "layer17",
                           "equal",
                           "Similarity of patches",
                           "drawn pictures",
                           "32 pictures &lt;drawn&gt;",
                           "flashcell quantize &#39;ants &amp; flies.onnx&#39; --data-free -o out",
                           "the file does not say what the input means"})
    EXPECT_THAT(text, HasSubstr(part));
}

// The data behind the front that can be turned is all of it, and the element ends where it should.
TEST(DataFreePage, CarriesTheFront) {
  DataFreeRun run = whole_run();
  run.front->members[0] = "</script>layer";
  const std::string page = page_of(run, "script.html");
  test::expect_own_page(page);
  const size_t first = page.find("const D = ") + 10;
  const auto data = test::parse_json(page.substr(first, page.find(";</script>", first) - first));
  ASSERT_EQ(data.at("points").size(), 400U);
  EXPECT_EQ(data.at("members").at(0), "</script>layer");
  EXPECT_EQ(data.at("chosen"), 170);
  EXPECT_EQ(data.at("bits").at(399).size(), 40U);
  EXPECT_NEAR(data.at("points").at(7).at(0).get<double>(), run.front->points[7].perturbation, 1e-12);
  EXPECT_EQ(data.at("uniform").at(2).at("name"), "W4A4");
}

TEST(DataFreePage, LeavesOutWhatThereIsNot) {
  DataFreeRun run;
  run.model = "net";
  run.refused = "softmax: has no integer form";
  const std::string text = test::expect_own_page(page_of(run, "empty.html"));
  EXPECT_THAT(text, HasSubstr("softmax: has no integer form"));
  for (const char* part : {"Similarity of patches", "<script>", "Pictures</h2>", "Loss of", "of the test pictures"})
    EXPECT_THAT(text, Not(HasSubstr(part)));
}

// report.json reads back as what the run was.
TEST(DataFreeJson, HasTheFiguresOfThePage) {
  const auto json = test::parse_json(to_json(whole_run()));
  EXPECT_EQ(json.at("test").at("accuracy_integer"), 0.9095);
  EXPECT_EQ(json.at("bits").at("front").size(), 400U);
  EXPECT_EQ(json.at("bits").at("points"), 12345);
  EXPECT_EQ(json.at("values").size(), 40U);
  EXPECT_TRUE(json.at("values").at(39).at("sqnr_db").is_null());
  EXPECT_EQ(json.at("training_losses").size(), 1000U);
  EXPECT_EQ(json.at("patch_similarity").at(1).at("pictures"), "drawn pictures");
  EXPECT_EQ(json.at("size").at("bit_operations"), 653010944);
}

}  // namespace
}  // namespace flashcell::quant
