// Many recordings in one call: each as if alone, failures apart, what is done stays done.
#include "host/run/batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "base/error.hpp"
#include "host/run/run.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Hears which recordings were tracked anew.
class Heard final : public BatchObserver {
 public:
  void ended(const BatchResult& result, size_t so_far, size_t) override {
    states.push_back(result.state);
    last = so_far;
  }
  std::vector<BatchState> states;
  size_t last = 0;
};

class Batch : public testing::Test {
 protected:
  Batch() {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / (std::string("flashcell_batch_") + test->name() + std::to_string(::getpid()));
    fs::create_directories(folder_);
    config_.input.fps = 100;
    config_.output.overlay = config_.output.report = false;
    config_.segment.automatic = false;
    config_.segment.parameters.method = SegmentMethod::threshold;
    options_.folder = folder_ / "runs";
  }
  ~Batch() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  /// A multi-page TIFF of `discs` moving discs.
  std::string recording(const std::string& name, int discs, int frames = 12) const {
    std::vector<cv::Mat> pages;
    for (int t = 0; t < frames; ++t) {
      pages.emplace_back(cv::Mat::zeros(64, 96, CV_8UC1));
      for (int i = 0; i < discs; ++i) cv::circle(pages.back(), {12 + 20 * i + t, 10 + 12 * i}, 5, 255, cv::FILLED);
    }
    const std::string path = (folder_ / name).string();
    cv::imwritemulti(path, pages);
    return path;
  }

  std::vector<BatchResult> run(const std::vector<std::string>& inputs) {
    heard_ = {};
    return run_batch(items(inputs, options_.folder), config_, options_, heard_);
  }

  std::vector<BatchItem> items(const std::vector<std::string>& inputs, const fs::path& folder) {
    notes_.clear();
    return batch_items(inputs, folder, [&](const std::string& line) { notes_.push_back(line); });
  }

  fs::path folder_;
  Config config_;
  BatchOptions options_;
  Heard heard_;
  std::vector<std::string> notes_;
};

TEST_F(Batch, EveryRecordingAsIfAlone) {
  const std::vector<std::string> inputs = {recording("a.tif", 1), recording("b.tif", 2), recording("c.tif", 3)};
  const std::vector<BatchResult> results = run(inputs);
  ASSERT_EQ(results.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(results[i].state, BatchState::done) << results[i].error;
    EXPECT_EQ(results[i].tracks, i + 1);
    RunObserver nobody;
    RunOptions alone;
    alone.folder = (folder_ / ("alone" + std::to_string(i))).string();
    host::run({inputs[i], {}}, config_, alone, nobody);
    EXPECT_EQ(text_of(results[i].item.folder / "tracks.csv"), text_of(fs::path(alone.folder) / "tracks.csv"));
  }
  EXPECT_THAT(text_of(options_.folder / "recordings.csv"), HasSubstr(",b,done,12,0,2,"));
  EXPECT_THAT(text_of(options_.folder / "index.html"), HasSubstr("3 of 3"));
}

TEST_F(Batch, AFailureStopsNoOther) {
  const std::string broken = (folder_ / "broken.cine").string();
  std::ofstream(broken) << "no recording";
  const std::vector<BatchResult> results = run({broken, recording("a.tif", 1), (folder_ / "missing.avi").string()});
  EXPECT_EQ(results[0].state, BatchState::failed);
  EXPECT_EQ(results[0].exit_code, static_cast<int>(Fault::input));
  EXPECT_THAT(results[0].error, HasSubstr("broken.cine"));
  EXPECT_EQ(results[1].state, BatchState::done);
  EXPECT_EQ(results[2].state, BatchState::failed);
  EXPECT_EQ(heard_.last, 3u);
}

TEST_F(Batch, WhatARecordingLostIsInTheTable) {
  config_.label.max_objects = 2;
  const std::vector<std::string> inputs = {recording("a.tif", 1), recording("b.tif", 3)};
  const std::string warning = "12 objects did not fit into label.max_objects";
  for (const BatchState state : {BatchState::done, BatchState::done_before}) {
    const std::vector<BatchResult> results = run(inputs);
    EXPECT_EQ(results[1].state, state);
    EXPECT_EQ(results[0].warnings, "");
    EXPECT_THAT(results[1].warnings, HasSubstr(warning));
    EXPECT_THAT(text_of(options_.folder / "recordings.csv"), HasSubstr(",error,warnings\n"));
    EXPECT_THAT(text_of(options_.folder / "recordings.csv"), HasSubstr(warning));
    EXPECT_THAT(text_of(options_.folder / "index.html"), HasSubstr("<small>" + warning));
  }
}

TEST_F(Batch, WhatIsDoneIsNotDoneAgain) {
  const std::vector<std::string> inputs = {recording("a.tif", 1), recording("b.tif", 2)};
  run({inputs[0]});
  std::vector<BatchResult> results = run(inputs);
  EXPECT_EQ(results[0].state, BatchState::done_before);
  EXPECT_EQ(results[0].tracks, 1u);
  EXPECT_EQ(results[1].state, BatchState::done);
  // Another recording under the same name, other settings, a lost result: done anew.
  recording("a.tif", 2, 14);
  results = run(inputs);
  EXPECT_EQ(results[0].state, BatchState::done);
  EXPECT_EQ(results[0].tracks, 2u);
  EXPECT_EQ(results[1].state, BatchState::done_before);
  fs::remove(results[1].item.folder / "summary.json");
  EXPECT_EQ(run(inputs)[1].state, BatchState::done);
  config_.label.min_area = 3;
  EXPECT_EQ(run(inputs)[0].state, BatchState::done);
  options_.again = true;
  EXPECT_EQ(run(inputs)[0].state, BatchState::done);
}

TEST_F(Batch, ADamagedMemoryIsNoMemory) {
  const std::vector<std::string> inputs = {recording("a.tif", 1), recording("b.tif", 1)};
  run(inputs);
  std::ofstream(options_.folder / ".flashcell-done.json") << "{\"settings\": 3, \"done\"";
  EXPECT_EQ(run(inputs)[0].state, BatchState::done);
}

TEST_F(Batch, AStopLeavesTheRestForNextTime) {
  const std::atomic<bool> stop = true;
  options_.stop = &stop;
  const std::vector<std::string> inputs = {recording("a.tif", 1), recording("b.tif", 1)};
  EXPECT_EQ(run(inputs)[1].state, BatchState::waiting);
  options_.stop = nullptr;
  EXPECT_EQ(run(inputs)[1].state, BatchState::done);
}

TEST_F(Batch, PatternsOfVideosAreManyOfImagesOne) {
  for (const char* name : {"x/a.avi", "x/b.avi", "x/a.mraw", "x/a.cihx", "y/1.png", "y/2.png"}) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << ' ';
  }
  const std::string x = (folder_ / "x/*").string(), y = (folder_ / "y/*.png").string();
  EXPECT_TRUE(is_batch({x}));
  EXPECT_FALSE(is_batch({y}));
  EXPECT_FALSE(is_batch({(folder_ / "x/a.avi").string()}));
  EXPECT_FALSE(is_batch({"synth:discs?objects=3"}));
  std::vector<std::string> folders;
  for (const BatchItem& item : items({x, y}, "runs")) folders.push_back(item.folder.string());
  EXPECT_THAT(folders, testing::ElementsAre("runs/a", "runs/a.mraw", "runs/b", "runs/images"));
  EXPECT_THAT(notes_, testing::IsEmpty());
}

TEST_F(Batch, PicturesThatAShellNamedOneByOneAreRefused) {
  const std::string stack = recording("a.tif", 1), page = recording("p.tif", 1, 1), other = recording("q.tif", 1, 1);
  const std::string png = (folder_ / "1.png").string();
  cv::imwrite(png, cv::Mat::zeros(8, 8, CV_8UC1));
  EXPECT_THAT(items({stack, png}, "runs"), testing::SizeIs(2)) << "one may be a recording of one frame";
  for (const std::vector<std::string>& several : {std::vector{stack, page, other}, {png, stack, page}}) {
    EXPECT_THAT([&] { items(several, "runs"); },
                testing::ThrowsMessage<Error>(testing::AllOf(HasSubstr("one picture of several"), HasSubstr("/*."))));
  }
}

TEST_F(Batch, WhatIsNamedTwiceIsTakenOnce) {
  const std::string a = recording("a.tif", 1), link = (folder_ / "link.tif").string();
  fs::create_symlink("a.tif", link);
  const std::vector<BatchItem> once = items({a, (folder_ / "*.tif").string(), a, link}, "runs");
  EXPECT_THAT(once, testing::SizeIs(2)) << "a pattern of images is one recording";
  EXPECT_THAT(notes_, testing::ElementsAre(a + " and 1 more are named more than once: each is tracked once"));
  EXPECT_THAT(items({a, "b.tif", a, a}, "runs"), testing::SizeIs(2));
  EXPECT_THAT(notes_, testing::ElementsAre(a + " is named more than once: tracked once"));
  for (const char* name : {"b.mraw", "b.cihx"}) std::ofstream(folder_ / name) << ' ';
  const std::string pixels = (folder_ / "b.mraw").string(), header = (folder_ / "b.cihx").string();
  EXPECT_THAT(items({header, pixels}, "runs"), testing::SizeIs(1));
  EXPECT_THAT(notes_, testing::ElementsAre(pixels + " is the same recording as " + header + ": tracked once"));
  const std::string scene = "synth:discs?objects=3";
  EXPECT_THAT(items({scene, scene}, "runs"), testing::SizeIs(1));
  EXPECT_THAT(notes_, testing::SizeIs(1));
}

}  // namespace
}  // namespace flashcell::host
