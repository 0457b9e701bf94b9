// `flashcell quantize --data-free` as a user starts it, kills it and starts it again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <thread>

#include "quant_models/execute/executor.hpp"
#include "quant_models/onnx/export.hpp"
#include "tests/quant_models/synthesize/small_network.hpp"
#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;

class DataFreeCli : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    quant::export_onnx(test::small_network(3), path("tiny.onnx"));
  }

  std::vector<std::string> words(const std::string& output, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"quantize",  path("tiny.onnx"), "--data-free", "--mean",   "127.5", "--factor",
                                    "0.015625",  "--minutes",       "0.002",       "--images", "20",    "-o",
                                    path(output)};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  static cv::Mat picture(const std::vector<float>& blobs, int i) {
    cv::Mat picture(test::kSide, test::kSide, CV_8UC3);
    for (int at = 0; at < test::kSide * test::kSide * 3; ++at) {
      const int plane = at % 3, pixel = at / 3;
      const float value = blobs[static_cast<size_t>((i * 3 + 2 - plane) * test::kSide * test::kSide + pixel)];
      picture.data[at] = static_cast<uint8_t>(std::clamp(value * 64 + 127.5F, 0.0F, 255.0F));
    }
    return picture;
  }

  void write_picture(const cv::Mat& picture, const std::string& class_folder, int i) const {
    const fs::path folder = dir_ / "pictures" / class_folder;
    fs::create_directories(folder);
    cv::imwrite((folder / (std::to_string(i) + ".png")).string(), picture);
  }

  // Pictures of blobs in four folders, one a class.
  void write_pictures() const {
    const std::vector<float> blobs = test::blob_pictures(96, 5);
    for (int i = 0; i < 96; ++i) write_picture(picture(blobs, i), std::to_string(i % 4), i);
  }

  nlohmann::json report(const std::string& output) const {
    return test::parse_json(test::read_file(path(output + "/report.json")));
  }
};

TEST_F(DataFreeCli, DoesTheWholeInOneCommand) {
  write_pictures();
  const Outcome outcome = run(words("out", {"--test", path("pictures")}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");  // quiet in a pipe
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("on the engine"), HasSubstr("report.html")));
  const nlohmann::json json = report("out");
  EXPECT_EQ(json.at("test").at("pictures"), 96);
  EXPECT_EQ(json.at("bits").at("judged_by"), "htq");
  EXPECT_THAT(json.at("commands").at(0).get<std::string>(), HasSubstr("flashcell quantize --data-free"));
  test::expect_own_page(test::read_file(path("out/report.html")));
  // The engine says the same when it is asked alone.
  const Outcome eval = run({"model", "eval", path("out/tiny.fcnn"), path("pictures"), "--json"});
  ASSERT_EQ(eval.code, 0) << eval.err;
  EXPECT_NEAR(test::parse_json(eval.out).at("top1_percent").get<double>(),
              100 * json.at("test").at("accuracy_integer").get<double>(), 1e-9);
}

// As ImageNet's pictures are kept: folders are numbers of classes, some of them missing, and the network's size is cut
// out of the middle. Whatever else is read than what the network called so is wrong.
TEST_F(DataFreeCli, ReadsLabelledPicturesAsEvalDoes) {
  const std::vector<float> blobs = test::blob_pictures(96, 5);
  std::vector<float> values;
  for (int i = 0; i < 96; ++i) {
    const cv::Mat small = picture(blobs, i);
    for (int plane = 2; plane >= 0; --plane)
      for (int pixel = 0; pixel < test::kSide * test::kSide; ++pixel)
        values.push_back((static_cast<float>(small.data[3 * pixel + plane]) - 127.5F) * 0.015625F);
  }
  const std::vector<float> scores = quant::run_all(test::small_network(3), values, 96);
  int written = 0;
  for (int i = 0; i < 96; ++i) {
    const auto first = scores.begin() + i * test::kKinds;
    const auto best = std::max_element(first, first + test::kKinds) - first;
    if (best == 0) continue;  // the class whose folder is missing
    cv::Mat wide(test::kSide + 4, test::kSide + 12, CV_8UC3, cv::Scalar(0, 255, 30));
    picture(blobs, i).copyTo(wide(cv::Rect(6, 2, test::kSide, test::kSide)));
    write_picture(wide, "000" + std::to_string(best), i);
    ++written;
  }
  ASSERT_GE(written, 8);
  const std::vector<std::string> fit = {"--resize", "20", "--crop", "16"};
  std::vector<std::string> more = {"--test", path("pictures"), "--weights", "8", "--activations", "8"};
  more.insert(more.end(), fit.begin(), fit.end());
  const Outcome outcome = run(words("out", more));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::json figures = report("out").at("test");
  EXPECT_EQ(figures.at("pictures"), written);
  EXPECT_EQ(figures.at("accuracy_real"), 1);
  std::vector<std::string> eval = {"model", "eval", path("out/tiny.fcnn"), path("pictures"), "--json"};
  eval.insert(eval.end(), fit.begin(), fit.end());
  const Outcome integers = run(eval);
  ASSERT_EQ(integers.code, 0) << integers.err;
  EXPECT_NEAR(test::parse_json(integers.out).at("top1_percent").get<double>(),
              100 * figures.at("accuracy_integer").get<double>(), 1e-9);
}

TEST_F(DataFreeCli, SurvivesKill) {
  const std::vector<std::string> more = {"--threads", "1"};
  ASSERT_EQ(run(words("whole", more)).code, 0);
  int kills = 0;
  for (int attempt = 0; attempt < 6; ++attempt) {
    const pid_t child = start(words("killed", more));
    std::this_thread::sleep_for(std::chrono::milliseconds(150 + 100 * attempt));
    ::kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    kills += WIFSIGNALED(status);
  }
  EXPECT_GE(kills, 1);
  const Outcome resumed = run(words("killed", more));
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  for (const char* file : {"tiny.fcnn", "tiny.onnx", "pictures/pictures.npz", "pictures/sheet.png", "bits.json"})
    EXPECT_EQ(test::read_file(path(std::string("killed/") + file)), test::read_file(path(std::string("whole/") + file)))
        << file;
}

// What the training program has is what was said to flashcell; the report repeats it.
TEST_F(DataFreeCli, HandsOnWhatWasSaid) {
  const Outcome outcome =
      run(words("out", {"--budget", "1MB", "--budget", "9GBOPs", "--sum-bits", "8", "--residual-bits", "16",
                        "--sensitivity", "sqnr", "--method", "noise", "--threads", "0", "-q"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string command = report("out").at("commands").at(0);
  for (const char* said : {" --budget 1MB --budget 9GBOPs", " --sum-bits 8", " --residual-bits 16",
                           " --sensitivity sqnr", " --method noise", " --threads 0", " --minutes 0.002", " --quiet"})
    EXPECT_THAT(command, HasSubstr(said));
  for (const char* unsaid : {"--seed", "--weights", "--output-bits", "--choices", "--restart"})
    EXPECT_THAT(command, testing::Not(HasSubstr(unsaid)));
}

TEST_F(DataFreeCli, RefusesInOneLine) {
  const auto expect = [&](const std::vector<std::string>& more, const char* what) {
    const Outcome outcome = run(words("refused", more));
    EXPECT_THAT(outcome.code, testing::AnyOf(2, 3)) << what;
    EXPECT_THAT(outcome.err, HasSubstr(what));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(path("refused/tiny.onnx")));
  };
  expect({"--method", "psaq"}, "attention");
  expect({"--method", "onebit"}, "--data-free");
  expect({"--budget", "0.000001MB"}, "least possible");
  expect({"--budget", "3parsecs"}, "no unit");
  expect({"--budget", "1MB", "--weights", "4"}, "--budget");
  expect({"--choices", "w:77"}, "77");
  expect({"--test", path("nowhere")}, "nowhere");
  expect({"--crop", "9", "--resize", "20"}, "--crop");
  write_picture(picture(test::blob_pictures(1, 5), 0), "7", 0);
  expect({"--test", path("pictures")}, "class '7'");
}

TEST_F(DataFreeCli, SaysThatTheDiskIsFull) {
  const Outcome outcome = run(words("full"), 20000);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("free some space"));
  for (const auto& entry : fs::recursive_directory_iterator(path("full")))
    EXPECT_NE(entry.path().extension(), ".part") << entry.path();
  EXPECT_FALSE(fs::exists(path("full/tiny.onnx")));
  EXPECT_EQ(run(words("full")).code, 0);
}

TEST_F(DataFreeCli, HelpHasHeadings) {
  const Outcome outcome = run({"quantize", "--help"});
  EXPECT_EQ(outcome.code, 0);
  for (const char* heading :
       {"Output", "Pictures", "Bits", "Scales", "Methods after training", "Training, with libtorch"})
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n") + heading + ":")) << heading;
}

}  // namespace
}  // namespace flashcell
