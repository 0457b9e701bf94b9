// A whole run as a function: without a command line, without printing.
#include "host/run/run.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "base/error.hpp"
#include "host/eval/mot_text.hpp"
#include "host/run/link_tracks.hpp"
#include "tests/support/folders.hpp"
#include "tracking/box_tracker.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

const char* const kScene = "synth:discs?objects=20&size=128x128&frames=60&fps=2000&seed=3";

class Run : public testing::Test {
 protected:
  Run() {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / (std::string("flashcell_run_") + test->name() + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~Run() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

  fs::path folder_;
};

/// Keeps everything it is given.
class KeepingSink : public Sink {
 public:
  void begin(const RunInfo& run) override { info = run; }
  void write(const FrameResult& result) override {
    ++frames;
    rows.insert(rows.end(), result.rows.begin(), result.rows.end());
    backfill.insert(backfill.end(), result.backfill.begin(), result.backfill.end());
    if (frames == fail_at) throw Error(Fault::input, "no room");
  }
  void write_rows(std::span<const AssembledRow> some) override {
    for (const AssembledRow& row : some) assembled.push_back(row.row);
  }
  void finish(const RunSummary&) override { ++finished; }

  RunInfo info;
  std::vector<tracking::TrackRow> rows, backfill, assembled;
  int64_t frames = 0, fail_at = -1;
  int finished = 0;
};

class KeepingObserver : public RunObserver {
 public:
  void begin(const std::string& work, std::optional<int64_t> frames) override {
    text += work + " " + std::to_string(frames.value_or(-1)) + "\n";
  }
  void progress(int64_t frames, int64_t) override { done = frames; }
  void end() override { text += "end " + std::to_string(done) + "\n"; }
  void note(const std::string& line) override { text += line.substr(0, line.find(':')) + "\n"; }
  std::string text;
  int64_t done = 0;
};

void expect_same(const std::vector<tracking::TrackRow>& a, const std::vector<tracking::TrackRow>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].frame, b[i].frame);
    EXPECT_EQ(a[i].id, b[i].id);
    EXPECT_EQ(a[i].x, b[i].x);
    EXPECT_EQ(a[i].y, b[i].y);
    EXPECT_EQ(a[i].vx, b[i].vx);
  }
}

TEST_F(Run, NeedsNeitherAFolderNorACommandLine) {
  KeepingSink sink;
  KeepingObserver observer;
  RunOptions options;
  options.sinks = {&sink};
  const RunOutcome outcome = run({kScene, ""}, {}, options, observer);
  EXPECT_FALSE(outcome.error);
  EXPECT_TRUE(outcome.begun);
  EXPECT_EQ(outcome.summary.ending(), "complete");
  EXPECT_EQ(sink.frames, 60);
  EXPECT_EQ(sink.finished, 1);
  EXPECT_GE(outcome.summary.tracks, 15u);
  EXPECT_EQ(sink.info.source.width, 128);
  EXPECT_EQ(observer.text, "looking at the recording 60\nend 60\nsegmentation\ntracking 60\nend 60\n");
  EXPECT_TRUE(fs::is_empty(folder_));
}

// With namers at work in every thread; ThreadSanitizer watches this one.
TEST_F(Run, ObjectsAreNamedAlikeByAnyNumberOfThreads) {
  KeepingSink sinks[2];
  for (const int threads : {1, 4}) {
    Config config;
    config.classify.model = (test::source_dir() / "quant_models/recipes/trained/roi_mnist/int8.fcnn").string();
    config.pipeline.threads = threads;
    RunObserver observer;
    RunOptions options;
    options.sinks = {&sinks[threads == 1 ? 0 : 1]};
    EXPECT_FALSE(
        run({"synth:digits?objects=12&size=160x160&frames=80&fps=2000&seed=5", ""}, config, options, observer).error);
  }
  ASSERT_GT(sinks[0].rows.size(), 500u);
  expect_same(sinks[0].rows, sinks[1].rows);
  size_t named = 0;
  for (size_t i = 0; i < sinks[0].rows.size(); ++i) {
    EXPECT_EQ(sinks[0].rows[i].class_id, sinks[1].rows[i].class_id);
    named += sinks[0].rows[i].class_id >= 0;
  }
  EXPECT_GT(named, 0u);
}

TEST_F(Run, WritesWhatTheConfigurationAsksFor) {
  Config config;
  config.output = {.csv = true, .mot = true, .hdf5 = true, .overlay = false, .report = true};
  RunObserver observer;
  RunOptions options;
  options.folder = path("out");
  EXPECT_FALSE(run({kScene, ""}, config, options, observer).error);
  for (const char* name : {"tracks.csv", "tracks.txt", "tracks.h5", "report.html", "summary.json"})
    EXPECT_GT(fs::file_size(folder_ / "out" / name), 0u) << name;
  EXPECT_FALSE(fs::exists(folder_ / "out" / "overlay.mp4"));
}

TEST_F(Run, StoppedBeforeItBeginsItTouchesNothing) {
  const std::atomic<bool> stop{true};
  KeepingSink sink;
  RunObserver observer;
  RunOptions options;
  options.folder = path("out");
  options.sinks = {&sink};
  options.stop = &stop;
  const RunOutcome outcome = run({kScene, ""}, {}, options, observer);
  EXPECT_FALSE(outcome.begun);
  EXPECT_EQ(outcome.summary.ending(), "interrupted, 0 of 60 frames");
  EXPECT_EQ(sink.finished, 0);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

/// Boxes that wander, some frames without any; as a file's text.
std::string random_detections(uint32_t seed) {
  std::mt19937 random(seed);
  std::string text;
  for (int frame = 3; frame <= 90; ++frame) {
    if (random() % 9 == 0) continue;
    for (int box = 0; box < 6; ++box) {
      if (random() % 7 == 0) continue;
      text += std::to_string(frame) + ",-1," + std::to_string(20 + 60 * box + frame) + ".25," +
              std::to_string(40 + static_cast<int>(random() % 3)) + ",30,50,0." + std::to_string(random() % 9 + 1) +
              "\n";
    }
  }
  return text;
}

TEST_F(Run, DetectionsAreFollowedAsTheTrackerAloneFollowsThem) {
  for (const uint32_t seed : {1u, 2u, 3u}) {
    const std::string file = write("det.txt", random_detections(seed));
    Config config;
    config.input.fps = 25;
    config.track.parameters.min_confidence = 0.4;
    const std::vector<FrameDetections> frames = read_mot_detections(file);
    std::vector<tracking::FrameOfDetections> views;
    for (const FrameDetections& f : frames) views.push_back({f.frame, f.detections});
    tracking::BoxTracker tracker(box_tracker_parameters(config, 25), 25, tracking::ScoreModel::learn(views, 25));
    std::vector<tracking::TrackRow> rows, backfill;
    std::map<std::pair<int64_t, uint32_t>, tracking::TrackRow> latest;
    size_t boxes = 0;
    for (int64_t number = 0, next = 0; number < frames.back().frame; ++number) {
      const bool present = frames[static_cast<size_t>(next)].frame == number + 1;
      const std::vector<tracking::Detection> none,
          &found = present ? frames[static_cast<size_t>(next++)].detections : none;
      boxes += found.size();
      const auto now = tracker.update(number, static_cast<double>(number) / 25, found);
      rows.insert(rows.end(), now.begin(), now.end());
      const auto late = tracker.backfill();
      backfill.insert(backfill.end(), late.begin(), late.end());
      for (const auto& some : {now, late}) {
        for (const tracking::TrackRow& row : some) latest[{row.frame, row.id}] = row;
      }
    }
    for (const tracking::TrackRow& row : tracker.finish()) latest[{row.frame, row.id}] = row;
    std::vector<tracking::TrackRow> assembled;
    for (const auto& [key, row] : latest) assembled.push_back(row);
    ASSERT_GT(rows.size(), 100u);
    for (const int threads : {1, 3}) {
      config.pipeline.threads = threads;
      KeepingSink sink;
      RunObserver observer;
      RunOptions options;
      options.sinks = {&sink};
      options.folder = path("out");
      const RunOutcome outcome = run({"", file}, config, options, observer);
      EXPECT_FALSE(outcome.error);
      EXPECT_EQ(outcome.summary.frames, 90u);
      EXPECT_EQ(outcome.summary.objects, boxes);
      EXPECT_EQ(outcome.info.source.frame_count, 90);
      expect_same(sink.rows, rows);
      expect_same(sink.backfill, backfill);
      expect_same(sink.assembled, assembled);
      EXPECT_EQ(outcome.summary.rows, assembled.size()) << "a row that is replaced counts once";
      EXPECT_TRUE(fs::exists(folder_ / "out" / "tracks.csv"));
      EXPECT_FALSE(fs::exists(folder_ / "out" / "overlay.mp4")) << "there are no pixels to draw on";
      EXPECT_FALSE(fs::exists(folder_ / "out" / "report.html"));
    }
  }
}

TEST_F(Run, ASinkThatFailsEndsItAndEveryOtherIsFinished) {
  const std::string file = write("det.txt", random_detections(4));
  for (const RunInput& input : {RunInput{kScene, ""}, RunInput{"", file}}) {
    Config config;
    config.input.fps = 25;
    KeepingSink first, failing, last;
    failing.fail_at = 10;
    RunObserver observer;
    RunOptions options;
    options.sinks = {&first, &failing, &last};
    const RunOutcome outcome = run(input, config, options, observer);
    ASSERT_TRUE(outcome.error);
    EXPECT_THROW(std::rethrow_exception(outcome.error), Error);
    EXPECT_EQ(outcome.summary.end, RunEnd::failed);
    for (const KeepingSink* sink : {&first, &failing, &last}) EXPECT_EQ(sink->finished, 1);
  }
}

TEST_F(Run, WhatDoesNotFitIsSaidBeforeAnythingIsWritten) {
  RunObserver observer;
  RunOptions options;
  options.folder = path("out");
  const auto refused = [&](const RunInput& input, const Config& config) {
    EXPECT_THROW(run(input, config, options, observer), Error);
    EXPECT_FALSE(fs::exists(folder_ / "out"));
  };
  refused({path("missing.avi"), ""}, {});
  refused({"", path("missing.txt")}, {});
  refused({"", write("det.txt", random_detections(1))}, {});  // nobody states the frame rate
  Config config;
  config.input.units_per_pixel = 0.1;
  refused({kScene, ""}, config);
  config = {};
  config.track.intensity_centroid = true;
  config.label.features = 0;
  refused({kScene, ""}, config);
}

/// Asks the run to stop when it goes through the frames for the second time.
class StoppingObserver : public RunObserver {
 public:
  void begin(const std::string& work, std::optional<int64_t>) override {
    if (work == "tracking" && ++passes == 2) stop = true;
  }
  void warn(const std::string& line) override { warnings += line + "\n"; }
  std::atomic<bool> stop{false};
  int passes = 0;
  std::string warnings;
};

TEST_F(Run, ASecondPassThatIsStoppedLeavesTheFirstOnesFiles) {
  const char* scene = "synth:polygons?objects=6&size=256x256&fps=500&frames=300&seed=2&occluders=3&crossing=on";
  Config config;
  config.output.overlay = config.output.report = false;
  config.track.parameters.count = {6, 6};
  StoppingObserver observer;
  RunOptions options;
  options.folder = path("stopped");
  options.stop = &observer.stop;
  const RunOutcome outcome = run({scene, ""}, config, options, observer);
  EXPECT_EQ(observer.passes, 2);
  EXPECT_EQ(outcome.error, nullptr);
  EXPECT_EQ(outcome.summary.end, RunEnd::interrupted);
  EXPECT_NE(observer.warnings.find("not linked"), std::string::npos);
  size_t files = 0;
  for (const auto& file : fs::directory_iterator(path("stopped"))) {
    EXPECT_NE(file.path().filename().string().rfind("next-", 0), 0u) << file.path();
    ++files;
  }
  EXPECT_EQ(files, 3u) << "tracks.csv, summary.json and the marker";
  std::ifstream csv(path("stopped") + "/tracks.csv");
  size_t lines = 0;
  for (std::string line; std::getline(csv, line);) lines += line.rfind('#', 0) != 0;
  EXPECT_EQ(lines, outcome.summary.rows + 1);
}

TEST_F(Run, APredictionLongerThanATrackLastsIsWarnedOfOnce) {
  Config config;
  config.output.overlay = config.output.report = false;
  config.track.parameters.count = {6, 6};
  config.track.parameters.predict_ms = 150;
  StoppingObserver observer;
  RunOptions options;
  options.folder = path("predicted");
  const char* scene = "synth:polygons?objects=6&size=256x256&fps=500&frames=300&seed=2&occluders=3&crossing=on";
  run({scene, ""}, config, options, observer);
  EXPECT_EQ(observer.passes, 2);
  const size_t first = observer.warnings.find("track.predict_ms is 150");
  EXPECT_NE(first, std::string::npos) << observer.warnings;
  EXPECT_EQ(observer.warnings.find("track.predict_ms", first + 1), std::string::npos) << observer.warnings;
}

TEST_F(Run, RegionsBeyondThePictureAreWarnedOf) {
  Config config;
  config.output.overlay = config.output.report = false;
  parse_config(
      "[[segment.region]]\nrectangle = [0, 0, 2000, 256]\ngrid = [10, 1]\nwell = \"rectangle\"\n"
      "[[segment.region]]\nname = \"arena\"\ncircle = [10, 10, 300]\n",
      "rig.toml", config);
  StoppingObserver observer;
  run({"synth:discs?objects=3&size=256x256&fps=500&frames=20", ""}, config, {}, observer);
  EXPECT_NE(
      observer.warnings.find("no pixel of the picture (256x256 px) is in segment.region A3, A4, A5, A6 and 4 more"),
      std::string::npos)
      << observer.warnings;
}

TEST_F(Run, APipeIsNotReadTwice) {
  const std::string file = write("det.txt", "1,-1,10,10,20,20,1\n");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(can_be_read_twice({file, path("absent")}));
  EXPECT_FALSE(can_be_read_twice({file, path("pipe")}));
  EXPECT_FALSE(can_be_read_twice({"/dev/null"}));
}

}  // namespace
}  // namespace flashcell::host
