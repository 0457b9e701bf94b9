// What a run does with its folder, with signals, and with outputs that cannot be written.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/videoio.hpp>
#include <sstream>
#include <string>
#include <thread>

#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::read_file;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const char* const kScene = "synth:discs?objects=20&size=128x128&frames=60&fps=2000&seed=3";
const char* const kEndlessScene = "synth:discs?objects=20&size=128x128&frames=1000000&fps=2000&seed=3";

class RunCli : public test::ProgramTest {
 protected:
  /// Without the slow outputs, unless they are asked for.
  std::vector<std::string> track_words(const std::string& input, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"track", input, "-o", path("out")};
    const std::pair<const char*, const char*> usual[] = {
        {"--output.overlay", "false"}, {"--output.report", "false"}, {"--segment.method", "threshold"}};
    for (const auto& [key, value] : usual) {
      if (std::find(more.begin(), more.end(), key) == more.end()) words.insert(words.end(), {key, value});
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Outcome track(const std::string& input, const std::vector<std::string>& more = {}, rlim_t limit_bytes = 0) const {
    return run(track_words(input, more), limit_bytes);
  }

  bool wait_for(const std::function<bool()>& what) const {
    for (int i = 0; i < 1200 && !what(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return what();
  }
  bool wait_for_rows(const std::string& file = "tracks.csv", uintmax_t bytes = 20'000) const {
    return wait_for([&] {
      std::error_code error;
      const uintmax_t size = fs::file_size(dir_ / "out" / file, error);
      return !error && size > bytes;
    });
  }
  Outcome outcome_of(pid_t child) const {
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(path("stdout")),
            read_file(path("stderr"))};
  }
  std::string out_file(const std::string& name) const { return read_file(dir_ / "out" / name); }
  nlohmann::json summary() const { return test::parse_json(out_file("summary.json")); }

  /// Runs it with standard output going to `output`, which is closed here; `memory_bytes` > 0: it gets no more address
  /// space.
  Outcome run_into(int output, const std::vector<std::string>& arguments, rlim_t memory_bytes = 0) const {
    const pid_t child = fork();
    if (child != 0) close(output);
    if (child == 0) {
      const rlimit limit{memory_bytes, memory_bytes};
      if (memory_bytes > 0) setrlimit(RLIMIT_AS, &limit);
      dup2(output, STDOUT_FILENO);
      if (freopen(path("stderr").c_str(), "w", stderr) == nullptr) _exit(99);
      const std::string program = test::build_dir() / "flashcell";
      std::vector<char*> words = {const_cast<char*>(program.c_str())};
      for (const std::string& a : arguments) words.push_back(const_cast<char*>(a.c_str()));
      words.push_back(nullptr);
      execv(program.c_str(), words.data());
      _exit(98);
    }
    return outcome_of(child);
  }
};

int lines_of(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(RunCli, ASecondRunIntoTheSameFolderIsRefusedAndTheFirstGoesOn) {
  const pid_t first = start(track_words(kEndlessScene));
  ASSERT_TRUE(wait_for_rows());
  const std::string beginning = out_file("tracks.csv").substr(0, 20'000);
  // Not through run(): the first one's stdout and stderr go to the files of that name.
  const Outcome second = run_into(open("/dev/null", O_WRONLY), track_words(kScene));
  EXPECT_EQ(second.code, 3);
  EXPECT_THAT(second.err, AllOf(HasSubstr(path("out")), HasSubstr("process " + std::to_string(first))));
  EXPECT_EQ(lines_of(second.err), 1) << second.err;
  EXPECT_EQ(out_file("tracks.csv").substr(0, 20'000), beginning);
  EXPECT_EQ(kill(first, 0), 0);
  kill(first, SIGKILL);
  waitpid(first, nullptr, 0);
  EXPECT_EQ(track(kScene).code, 0) << "a killed run holds nothing";
}

TEST_F(RunCli, ANewRunReplacesAllThatAnEarlierOneLeftAndNothingElse) {
  ASSERT_EQ(track(kScene, {"--output.mot", "true", "--output.hdf5", "true", "--output.report", "true",
                           "--output.overlay", "true"})
                .code,
            0);
  std::ofstream(dir_ / "out" / "notes.txt") << "mine\n";
  for (const char* name : {"tracks.txt", "tracks.h5", "report.html", "overlay.mp4"})
    ASSERT_TRUE(fs::exists(dir_ / "out" / name)) << name;
  const Outcome outcome = track(kScene);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* name : {"tracks.txt", "tracks.h5", "report.html", "overlay.mp4"})
    EXPECT_FALSE(fs::exists(dir_ / "out" / name)) << name << " is of the earlier run";
  EXPECT_EQ(out_file("notes.txt"), "mine\n");
}

TEST_F(RunCli, ARunThatCannotStartLeavesTheEarlierOneAlone) {
  ASSERT_EQ(track(kScene).code, 0);
  const std::string before = out_file("tracks.csv");
  EXPECT_EQ(track(path("nothing.avi")).code, 3);
  EXPECT_EQ(track(kScene, {"--segment.threshold", "many"}).code, 2);
  EXPECT_EQ(track(kScene, {"--track.classes", path("none.json")}).code, 3);
  EXPECT_TRUE(out_file("tracks.csv") == before);
}

TEST_F(RunCli, FilesThatNoRunMadeAreNotOverwritten) {
  fs::create_directories(dir_ / "out");
  std::ofstream(dir_ / "out" / "tracks.csv") << "years of work\n";
  const Outcome outcome = track(kScene);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("tracks.csv"));
  EXPECT_EQ(lines_of(outcome.err), 1) << outcome.err;
  EXPECT_EQ(out_file("tracks.csv"), "years of work\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_ / "out"), {}), 1) << "nothing was left behind";
}

TEST_F(RunCli, AMarkerRemovesNothingButOutputs) {
  fs::create_directories(dir_ / "out");
  std::ofstream(dir_ / "precious") << "x";
  std::ofstream(dir_ / "out" / "thesis.tex") << "x";
  std::ofstream(dir_ / "out" / ".flashcell-track") << "flashcell track\nprocess 1\n../precious\nthesis.tex\n..\n";
  EXPECT_EQ(track(kScene).code, 0);
  EXPECT_TRUE(fs::exists(dir_ / "precious"));
  EXPECT_TRUE(fs::exists(dir_ / "out" / "thesis.tex"));
}

TEST_F(RunCli, InputsAreNeverOverwritten) {
  ASSERT_EQ(track(kScene, {"--output.overlay", "true", "--output.mot", "true"}).code, 0);
  const std::string video = out_file("overlay.mp4"), rows = out_file("tracks.txt");
  const auto refused = [&](const Outcome& outcome, const std::string& file) {
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(file));
    EXPECT_EQ(lines_of(outcome.err), 1) << outcome.err;
    EXPECT_TRUE(out_file("overlay.mp4") == video);
    EXPECT_TRUE(out_file("tracks.txt") == rows);
  };
  refused(track(path("out/overlay.mp4")), "overlay.mp4");
  refused(track(path("out/../out/overlay.mp4"), {"--output.overlay", "true"}), "overlay.mp4");
  fs::create_symlink(dir_ / "out" / "overlay.mp4", dir_ / "link.mp4");
  refused(track(path("link.mp4")), "overlay.mp4");
  refused(run({"track", "--detections", path("out/tracks.txt"), "--fps", "25", "-o", path("out")}), "tracks.txt");

  fs::create_directories(dir_ / "images");
  for (int i = 0; i < 3; ++i)
    cv::imwrite((dir_ / "images" / (std::to_string(i) + ".png")).string(), cv::Mat(64, 64, CV_8UC1, cv::Scalar(9)));
  const std::string picture = read_file(dir_ / "images" / "1.png");
  for (const std::string& input : {path("images"), path("images/*.png")}) {
    refused(run({"tune", input, "--fps", "25", "-o", path("images/1.png")}), "1.png");
    EXPECT_TRUE(read_file(dir_ / "images" / "1.png") == picture);
  }
  std::ofstream(dir_ / "marks.csv") << "frame,x,y,class\n0,1,1,a\n";
  refused(run({"learn", kScene, path("marks.csv"), "-o", path("marks.csv")}), "marks.csv");
}

TEST_F(RunCli, AFolderThatIsRemovedInTheMiddleIsNoticed) {
  for (const bool moved : {false, true}) {
    const pid_t child = start(track_words(kEndlessScene));
    ASSERT_TRUE(wait_for_rows());
    if (moved)
      fs::rename(dir_ / "out", dir_ / "elsewhere");
    else
      fs::remove_all(dir_ / "out");
    const auto removed = std::chrono::steady_clock::now();
    const Outcome outcome = outcome_of(child);
    EXPECT_LT(std::chrono::steady_clock::now() - removed, std::chrono::seconds(30)) << "the scene would take minutes";
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(lines_of(outcome.err), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(dir_ / "out"));
  }
}

TEST_F(RunCli, SignalsEndTheRunWholeWithTheirOwnCode) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    fs::remove_all(dir_ / "out");  // the rows waited for are this run's
    const pid_t child = start(track_words(kEndlessScene, {"--output.report", "true"}));
    ASSERT_TRUE(wait_for_rows());
    kill(child, signal);
    const Outcome outcome = outcome_of(child);
    EXPECT_EQ(outcome.code, 128 + signal);
    EXPECT_THAT(outcome.err, HasSubstr("interrupted"));
    const std::string ended = summary()["ended"];
    EXPECT_EQ(ended, "interrupted, " + std::to_string(summary()["frames"].get<int>()) + " of 1000000 frames");
    EXPECT_THAT(out_file("report.html"), HasSubstr("<b>interrupted</b>"));
    EXPECT_EQ(out_file("tracks.csv").back(), '\n');
  }
  ASSERT_EQ(track(kScene).code, 0);
  EXPECT_EQ(summary()["ended"], "complete");
}

TEST_F(RunCli, CtrlCEndsDetectionsAndScenesToo) {
  {
    std::ofstream detections(dir_ / "det.txt");
    for (int f = 1; f <= 200; ++f)
      for (int k = 0; k < 20; ++k) detections << f << ",-1," << 30 * k << "," << f % 7 << ",20,20,0.9\n";
    detections << "9000000,-1,1,1,20,20,0.9\n";
  }
  pid_t child = start({"track", "--detections", path("det.txt"), "--fps", "1000", "-o", path("out")});
  ASSERT_TRUE(wait_for_rows("tracks.csv", 100));
  kill(child, SIGINT);
  Outcome outcome = outcome_of(child);
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_THAT(summary()["ended"].get<std::string>(), HasSubstr("interrupted"));
  child = start({"synth", kEndlessScene, "-o", path("scene")});
  ASSERT_TRUE(
      wait_for([&] { return fs::exists(dir_ / "scene/truth.csv") && fs::file_size(dir_ / "scene/truth.csv") > 9999; }));
  kill(child, SIGTERM);
  outcome = outcome_of(child);
  EXPECT_EQ(outcome.code, 143) << outcome.err;
  cv::VideoCapture video(path("scene/scene.mov"));
  cv::Mat frame;
  EXPECT_TRUE(video.read(frame)) << "what was drawn can be opened";
}

TEST_F(RunCli, ASecondCtrlCEndsAtOnce) {
  const pid_t child = start(track_words(kEndlessScene));
  ASSERT_TRUE(wait_for_rows());
  kill(child, SIGSTOP);
  kill(child, SIGINT);
  kill(child, SIGTERM);
  kill(child, SIGCONT);
  const Outcome outcome = outcome_of(child);
  EXPECT_THAT(outcome.code, testing::AnyOf(130, 143));
  EXPECT_FALSE(fs::exists(dir_ / "out" / "summary.json")) << "that would be its orderly end";
  const std::string text = out_file("tracks.csv");
  const size_t table = text.find("\nframe,");
  ASSERT_NE(table, std::string::npos);
  std::istringstream lines(text.substr(table + 1));
  std::vector<int64_t> commas;
  for (std::string line; std::getline(lines, line);) commas.push_back(std::count(line.begin(), line.end(), ','));
  ASSERT_GT(commas.size(), 10u);
  EXPECT_LE(commas.back(), commas.front());
  commas.pop_back();
  EXPECT_THAT(commas, testing::Each(commas.front())) << "only the last line may be cut";
}

TEST_F(RunCli, RealtimeIsInterruptedBetweenFramesThatLieFarApart) {
  const pid_t child = start(track_words("synth:discs?objects=3&size=64x64&frames=100&fps=0.001&seed=1",
                                        {"--realtime", "--output.mot", "true"}));
  ASSERT_TRUE(wait_for([&] { return fs::exists(dir_ / "out" / "tracks.csv"); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  kill(child, SIGINT);
  EXPECT_EQ(outcome_of(child).code, 130) << "the next frame is due in 1000 s";
  EXPECT_THAT(summary()["ended"].get<std::string>(), HasSubstr("of 100 frames"));
}

TEST_F(RunCli, AFileSizeLimitIsAFullDiskForEveryOutput) {
  for (const rlim_t limit : {1'000, 3'000, 60'000, 2'500'000}) {
    const Outcome outcome = track("synth:discs?objects=20&size=128x128&frames=9000&fps=2000&seed=3",
                                  {"--output.mot", "true", "--output.hdf5", "true"}, limit);
    EXPECT_EQ(outcome.code, 3) << limit << ": " << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("cannot write")) << limit;
  }
  const Outcome video =
      run({"track", kEndlessScene, "-o", path("out"), "--output.csv", "false", "--output.report", "false",
           "--output.overlay_frames", "0", "--output.overlay_every", "1", "--segment.method", "threshold"},
          400'000);
  EXPECT_EQ(video.code, 3);
  EXPECT_THAT(video.err, AllOf(HasSubstr("overlay.mp4"), HasSubstr("free some space")));
  EXPECT_EQ(lines_of(video.err), 1) << video.err;
  cv::VideoCapture capture(path("out/overlay.mp4"));
  cv::Mat frame;
  EXPECT_TRUE(capture.read(frame));
  EXPECT_THAT(summary()["ended"].get<std::string>(), AllOf(HasSubstr("failed"), HasSubstr("overlay.mp4")));
  const Outcome labels = run({"track", kScene, "-o", path("labels"), "--output.csv", "false", "--output.report",
                              "false", "--output.overlay", "false", "--output.labels", "true"},
                             500);
  EXPECT_EQ(labels.code, 3);
  EXPECT_THAT(labels.err, AllOf(HasSubstr("mask000000.tif"), HasSubstr("free some space")));
  EXPECT_FALSE(fs::exists(dir_ / "labels/mask000000.tif"));
  EXPECT_EQ(run({"tune", kScene, "-o", path("sheet.png")}, 3'000).code, 3);
  EXPECT_FALSE(fs::exists(dir_ / "sheet.png"));
  for (const char* format : {"video", "images", "raw"})
    EXPECT_EQ(run({"synth", kScene, "-o", path(format), "-f", format}, 2'000).code, 3) << format;
}

TEST_F(RunCli, StandardOutputThatCannotBeWrittenIsExitCode3) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"config", "--default"},
                                                {"--help"},
                                                {"completion"},
                                                {"devices"},
                                                track_words(kScene),
                                                track_words(kScene, {"--json"})}) {
    const Outcome outcome = run_into(open("/dev/full", O_WRONLY), words);
    EXPECT_EQ(outcome.code, 3) << words[0];
    EXPECT_THAT(outcome.err, HasSubstr("standard output")) << words[0];
  }
}

TEST_F(RunCli, AClosedPipeEndsItQuietly) {
  int ends[2] = {};
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  const Outcome outcome = run_into(ends[1], {"config", "--default"});
  EXPECT_EQ(outcome.code, 128 + SIGPIPE);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(RunCli, EvalTakesTheTruthThatSynthWrites) {
  const std::string scene = "synth:discs?objects=10&size=256x256&frames=100&fps=2000&seed=5";
  ASSERT_EQ(run({"synth", scene, "-o", path("scene")}).code, 0);
  ASSERT_EQ(track(scene, {"--output.mot", "true"}).code, 0);
  for (const char* truth : {"scene/truth.csv", "scene/gt.txt"}) {
    for (const char* tracks : {"out/tracks.csv", "out/tracks.txt"}) {
      const Outcome outcome = run({"eval", path(truth), path(tracks), "--json"});
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_GT(test::parse_json(outcome.out)["OVERALL"]["IDF1"].get<double>(), 0.9) << truth << ", " << tracks;
    }
  }
}

TEST_F(RunCli, EvalTellsAShiftedTruthAndTakesTheShift) {
  std::ofstream truth(path("truth.csv")), tracks(path("tracks.csv"));
  truth << "frame,id,x,y\n";
  tracks << "frame,id,x,y\n";
  for (int frame = 1; frame <= 50; ++frame) {
    truth << frame << ",1," << 100 + 3 * frame << ",80\n";
    tracks << frame << ",1," << 60.5 + 3 * frame << ",90\n";
  }
  truth.close();
  tracks.close();
  std::vector<std::string> words = {"eval", path("truth.csv"), path("tracks.csv"), "--points", "--max-distance", "20"};
  EXPECT_THAT(run(words).out, HasSubstr("lies 39.5 px right of the tracks and 10.0 px above them, steadily (half of 50 "
                                        "pairs within 0.0 px)"));
  // Before the files, which it must not take for numbers.
  words.insert(words.begin() + 1, {"--truth-shift", "-39.5,10"});
  const Outcome moved = run(words);
  EXPECT_EQ(moved.code, 0) << moved.err;
  EXPECT_THAT(moved.out, Not(HasSubstr("lies")));
  EXPECT_THAT(moved.out, HasSubstr(" 1.0000 "));
  for (const char* wrong : {"3", "1,2,3", "1,nan", "1e9,0"}) {
    words[2] = wrong;
    EXPECT_EQ(run(words).code, 2) << wrong;
  }
}

TEST_F(RunCli, NoOutputHoldsAnIdThatIsNotPublic) {
  // Objects that are missed while they are still on trial: the gap is filled when they get their id.
  std::ofstream detections(dir_ / "det.txt");
  for (int f = 1; f <= 60; ++f)
    for (int k = 0; k < 5; ++k)
      if ((f + k) % 4 != 0) detections << f << ",-1," << 100 * k + f << ",20,30,40,0.9,-1,-1,-1\n";
  detections.close();
  const Outcome outcome =
      run({"track", "--detections", path("det.txt"), "--fps", "25", "-o", path("out"), "--output.mot", "true"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(summary()["tracks"], 5);
  std::istringstream rows(out_file("tracks.txt"));
  int count = 0;
  for (std::string line; std::getline(rows, line); ++count) {
    const int id = std::stoi(line.substr(line.find(',') + 1));
    EXPECT_TRUE(id >= 1 && id <= 5) << line;
  }
  EXPECT_GT(count, 250);
  EXPECT_THAT(out_file("tracks.csv"), Not(HasSubstr(",0,predicted")));
  EXPECT_EQ(run({"eval", path("out/tracks.txt"), path("out/tracks.txt")}).code, 0);
}

TEST_F(RunCli, WithACountEveryFileHasThoseObjectsAlone) {
  const char* scene = "synth:polygons?objects=6&size=256x256&fps=500&frames=400&seed=2&occluders=3&crossing=on";
  const auto ids_in = [](const std::string& text, size_t column) {
    std::map<std::string, int> rows;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream cells(line);
      std::string cell;
      for (size_t i = 0; i <= column; ++i) std::getline(cells, cell, ',');
      if (!line.empty() && std::isdigit(static_cast<unsigned char>(line[0])) != 0) ++rows[cell];
    }
    return rows;
  };
  ASSERT_EQ(track(scene).code, 0);
  EXPECT_GT(ids_in(out_file("tracks.csv"), 1).size(), 6u) << "the scene is too easy";
  EXPECT_EQ(out_file("tracks.csv").find("id_confidence"), std::string::npos);

  const Outcome counted = track(scene, {"--count", "6", "--output.mot", "true"});
  ASSERT_EQ(counted.code, 0) << counted.err;
  EXPECT_THAT(counted.err, HasSubstr("pieces of tracks linked to 6 tracks"));
  const auto ids = ids_in(out_file("tracks.csv"), 1);
  EXPECT_EQ(ids.size(), 6u);
  EXPECT_EQ(ids.begin()->first, "1");
  EXPECT_EQ(ids.rbegin()->first, "6");
  EXPECT_EQ(ids, ids_in(out_file("tracks.txt"), 1));
  EXPECT_THAT(out_file("tracks.csv"), HasSubstr("id_confidence"));
  int rows = 0;
  for (const auto& entry : ids) rows += entry.second;
  EXPECT_EQ(summary()["rows"], rows);
  EXPECT_EQ(summary()["tracks"], 6);
  EXPECT_TRUE(summary().contains("rows_left_out"));
  for (const auto& file : fs::directory_iterator(dir_ / "out"))
    EXPECT_NE(file.path().filename().string().rfind("next-", 0), 0u) << file.path();
}

TEST_F(RunCli, ZeroMeansNoLimit) {
  const char* const large = "synth:discs?objects=4&size=256x256&frames=40&fps=2000&seed=3&radius=6..40";
  const auto left_out = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--segment.method", "auto"});
    EXPECT_EQ(track(large, more).code, 0);
    const auto s = summary();
    return std::pair{s["objects_too_small"].get<int>(), s["objects_too_large"].get<int>()};
  };
  EXPECT_EQ(left_out({"--label.max_area", "0", "--label.min_area", "1"}), std::pair(0, 0));
  EXPECT_EQ(left_out({"--label.max_area", "0"}).second, 0) << "whatever is proposed";
  ASSERT_EQ(track(kScene, {"--output.overlay", "true", "--output.overlay_frames", "0"}).code, 0);
  cv::VideoCapture video(path("out/overlay.mp4"));
  cv::Mat frame;
  int frames = 0;
  while (video.read(frame)) ++frames;
  EXPECT_EQ(frames, 60);
}

TEST_F(RunCli, ManyObjectsLeftOutAreAWarning) {
  const char* const discs = "synth:discs?objects=6&size=256x256&frames=50&fps=2000&seed=3&radius=8&crossing=off";
  const auto with_limits = [&](const char* least, const char* most) {
    return track(discs, {"--segment.method", "threshold", "--segment.threshold", "100", "--label.min_area", least,
                         "--label.max_area", most});
  };
  Outcome outcome = with_limits("1", "0");
  EXPECT_EQ(summary()["objects_too_small"], 0);
  EXPECT_EQ(summary()["objects_too_large"], 0);
  EXPECT_EQ(summary()["left_out"], "");
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("left out")));
  outcome = with_limits("1", "50");
  EXPECT_EQ(summary()["objects_too_large"], 300);
  EXPECT_EQ(summary()["objects_too_small"], 0);
  EXPECT_THAT(outcome.out, HasSubstr("left out: 300 objects above label.max_area"));
  EXPECT_THAT(outcome.err, HasSubstr("label.max_area leaves out"));
  outcome = with_limits("1000", "0");
  EXPECT_EQ(summary()["objects_too_small"], 300);
  EXPECT_EQ(summary()["objects_too_large"], 0);
  EXPECT_THAT(outcome.out, HasSubstr("left out: 300 objects below label.min_area"));
  EXPECT_THAT(outcome.err, HasSubstr("label.min_area leaves out"));
}

TEST_F(RunCli, WhatRegionsAndTheObjectLimitLeaveOutIsTold) {
  std::ofstream(path("rig.toml")) << "[segment]\nmethod = \"threshold\"\nthreshold = 100\n[[segment.region]]\n"
                                     "include = true\npoints = [[0, 0], [128, 0], [128, 256], [0, 256]]\n";
  const char* const discs = "synth:discs?objects=6&size=256x256&frames=50&fps=2000&seed=3&radius=8&crossing=off";
  ASSERT_EQ(track(discs, {"--segment.method", "threshold", "--segment.threshold", "100"}).code, 0);
  const uint64_t all = summary()["foreground_pixels"];
  EXPECT_EQ(summary()["foreground_pixels_outside"], 0);
  Outcome outcome = track(discs, {"-c", path("rig.toml")});
  const uint64_t inside = summary()["foreground_pixels"], outside = summary()["foreground_pixels_outside"];
  EXPECT_GT(inside, 0u);
  EXPECT_GT(outside, 0u);
  EXPECT_EQ(inside + outside, all);
  EXPECT_THAT(outcome.out, HasSubstr("% of the foreground, outside the regions"));
  outcome = track(discs, {"--segment.method", "threshold", "--segment.threshold", "100", "--label.max_objects", "4"});
  EXPECT_EQ(summary()["objects_lost"], 100);
  EXPECT_THAT(outcome.out, HasSubstr("left out: 100 objects beyond label.max_objects"));
  EXPECT_THAT(outcome.err, HasSubstr("100 objects did not fit into label.max_objects"));
}

TEST_F(RunCli, ACountIsHeldAgainstEveryFrame) {
  const char* const discs = "synth:discs?objects=3&size=128x128&frames=50&fps=2000&seed=3&radius=6&crossing=off";
  Outcome outcome = track(discs, {"--count", "3", "--segment.method", "auto"});
  EXPECT_EQ(summary()["count"], "3");
  EXPECT_EQ(summary()["frames_count_met"], 50);
  EXPECT_THAT(outcome.err, Not(HasSubstr("not met")));
  EXPECT_THAT(summary()["segmentation"].get<std::string>(), HasSubstr("next best"));
  outcome = track(discs, {"--count", "4..5", "--segment.method", "threshold", "--segment.threshold", "100"});
  EXPECT_EQ(summary()["frames_count_met"], 0);
  EXPECT_THAT(outcome.err, HasSubstr("not met: 4..5 objects in 0 of 50 frames (0.0 %)"));
  EXPECT_FALSE(summary().contains("segmentation"));
}

TEST_F(RunCli, OfManyRecordingsEachWarningIsSaidOnce) {
  std::string three = "synth:discs?objects=3&size=128x128&frames=20&fps=2000&seed=3&radius=6&crossing=off",
              other = three;
  other.replace(other.find("seed=3"), 6, "seed=4");
  for (const char* state : {": done, ", ": done before, "}) {
    const Outcome outcome = track(three, {other, three, "--count", "4..5", "--segment.threshold", "100"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr(state), HasSubstr("2 recordings: 2 done")));
    EXPECT_THAT(outcome.err, HasSubstr(three + " is named more than once: tracked once\n"));
    for (const std::string& scene : {three, other}) {
      const std::string line = "warning: " + scene + ": count not met";
      const size_t first = outcome.err.find(line);
      EXPECT_NE(first, std::string::npos) << outcome.err;
      EXPECT_EQ(outcome.err.find(line, first + 1), std::string::npos) << outcome.err;
    }
  }
}

TEST_F(RunCli, TooLittleMemoryIsOneLineWhereverItEnds) {
#ifdef FLASHCELL_PROGRAM_IS_SANITIZED
  GTEST_SKIP() << "sanitizers need address space of their own";
#endif
  rlim_t least = 100;
  // Below, other people's libraries cannot even be loaded.
  while (least < 2000 && run_into(open("/dev/null", O_WRONLY), {"--version"}, least << 20).code != 0) least += 10;
  int refused = 0, worked = 0;
  for (rlim_t megabytes = least; megabytes < least + 300 && worked < 3; megabytes += 10) {
    const Outcome outcome =
        run_into(open("/dev/null", O_WRONLY),
                 track_words("synth:discs?objects=20&size=512x512&frames=20&fps=2000&seed=3"), megabytes << 20);
    worked += outcome.code == 0;
    refused += outcome.code == 3;
    EXPECT_THAT(outcome.code, testing::AnyOf(0, 3)) << megabytes << " MB: " << outcome.err;
    if (outcome.code == 3) {
      EXPECT_THAT(outcome.err, HasSubstr("out of memory")) << megabytes << " MB";
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(RunCli, AScaleNeedsAUnit) {
  const Outcome outcome = track(kScene, {"--input.units_per_pixel", "0.02"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("input.unit"));
  ASSERT_EQ(track(kScene, {"--input.units_per_pixel", "0.02", "--input.unit", "mm"}).code, 0);
  EXPECT_THAT(out_file("tracks.csv"), AllOf(HasSubstr(",x_mm,y_mm,"), HasSubstr("id,state,time_s,")));
}

TEST_F(RunCli, DetectKeepsThePicturesThatItReads) {
  const std::string model = (test::source_dir() / "quant_models/recipes/trained/cell_digits/int8.fcnn").string();
  fs::create_directories(dir_ / "out");
  cv::imwrite(path("out/a.png"), cv::Mat(512, 512, CV_8UC1, cv::Scalar(9)));
  cv::imwrite(path("out/b.jpg"), cv::Mat(512, 512, CV_8UC1, cv::Scalar(9)));
  cv::imwrite(path("out/b.png"), cv::Mat(512, 512, CV_8UC1, cv::Scalar(200)));
  const std::string a = out_file("a.png"), b = out_file("b.png");
  EXPECT_EQ(run({"detect", path("out/a.png"), "-m", model, "-o", path("out")}).code, 2) << "its own input";
  EXPECT_EQ(run({"detect", path("out/b.jpg"), "-m", model, "-o", path("out")}).code, 2) << "somebody's picture";
  EXPECT_TRUE(out_file("a.png") == a && out_file("b.png") == b);
  ASSERT_EQ(run({"detect", path("out/a.png"), path("out/b.jpg"), "-m", model, "-o", path("drawn")}).code, 0);
  ASSERT_EQ(run({"detect", path("out/b.jpg"), "-m", model, "-o", path("drawn")}).code, 0) << "its own earlier pictures";
  EXPECT_FALSE(fs::exists(dir_ / "drawn/a.png"));
  EXPECT_TRUE(fs::exists(dir_ / "drawn/b.png"));
}

TEST_F(RunCli, AnEarlierScenesImagesGoWithIt) {
  const auto images = [&] { return std::distance(fs::directory_iterator(dir_ / "scene/frames"), {}) - 1; };  // marker
  const std::string scene = "synth:discs?objects=2&size=64x64&fps=2000&seed=5&frames=";
  ASSERT_EQ(run({"synth", scene + "30", "-o", path("scene"), "-f", "images"}).code, 0);
  EXPECT_EQ(images(), 30);
  ASSERT_EQ(run({"synth", scene + "20", "-o", path("scene"), "-f", "images"}).code, 0);
  EXPECT_EQ(images(), 20) << "ten of the first would follow the second's";
  ASSERT_EQ(run({"synth", scene + "20", "-o", path("scene")}).code, 0);
  EXPECT_EQ(images(), 0);
  ASSERT_EQ(run({"synth", scene + "20", "-o", path("scene"), "-f", "raw"}).code, 0);
  EXPECT_FALSE(fs::exists(dir_ / "scene/scene.mov"));
}

}  // namespace
}  // namespace flashcell
