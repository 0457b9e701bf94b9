// The program against names, texts and files that mean it no good, or change under its hands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
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

const char* const kScene = "synth:discs?objects=6&size=128x128&frames=30&fps=2000&seed=3";
constexpr rlim_t kSmallDisk = 1000;  // bytes

class HostileInput : public test::ProgramTest {
 protected:
  std::vector<std::string> quick_track(const std::string& input) const {
    return {"track", input, "-o", path("out"), "--output.overlay", "false", "--output.report", "false"};
  }

  /// Marks of the scene's objects in frame 10, alternately of two classes.
  void write_marks(const std::string& first, const std::string& second) const {
    ASSERT_EQ(run(quick_track(kScene)).code, 0) << read_file(path("stderr"));
    std::istringstream tracks(read_file(path("out/tracks.csv")));
    std::ofstream marks(path("marks.csv"), std::ios::binary);
    marks << "frame,x,y,class\n";
    std::vector<std::string> header;
    int count = 0;
    for (std::string line; std::getline(tracks, line);) {
      if (line.starts_with('#')) continue;
      std::vector<std::string> fields;
      std::istringstream row(line);
      for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
      if (header.empty()) {
        header = fields;
        continue;
      }
      const auto at = [&](const char* name) {
        return fields[static_cast<size_t>(std::find(header.begin(), header.end(), name) - header.begin())];
      };
      if (at("frame") != "10" || at("state") != "visible") continue;
      marks << "10," << at("x") << ',' << at("y") << ',' << (count++ % 2 == 0 ? first : second) << '\n';
    }
    ASSERT_GE(count, 4);
  }

  static int lines(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }
};

TEST_F(HostileInput, AClassThatIsNotUtf8IsRefusedWithItsLine) {
  write_marks(
      "m\xFC"
      "cke",
      "fly");
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"-o", path("c.json")}, std::vector<std::string>{"--crops", path("crops"), "--json"}}) {
    std::vector<std::string> arguments = {"learn", kScene, path("marks.csv")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    EXPECT_THAT(outcome.err,
                AllOf(HasSubstr("marks.csv:2: class 'm\\xFCcke' is not UTF-8"), Not(HasSubstr("internal"))));
    EXPECT_EQ(lines(outcome.err), 1);
  }
  EXPECT_FALSE(fs::exists(path("c.json")));
}

TEST_F(HostileInput, ClassesThatLookLikeFormulasKeepTheirNames) {
  write_marks("'=1+1", "\"'-a, b\"");
  const Outcome outcome = run({"learn", kScene, path("marks.csv"), "-o", path("c.json"), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = test::parse_json(read_file(path("c.json")));
  EXPECT_EQ(json["classes"], (std::vector<std::string>{"=1+1", "-a, b"}));
}

TEST_F(HostileInput, JsonHoldsEveryFileName) {
  const std::string latin = path(
      "m\xFC"
      "cke.txt");
  std::ofstream(latin) << "1,1,0,0,5,5\n";
  const Outcome outcome = run({"eval", latin, latin, "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(
      test::parse_json(outcome.out)["sequences"].contains("m\xEF\xBF\xBD"
                                                          "cke"));
  const Outcome table = run({"eval", latin, latin});
  EXPECT_THAT(table.out, HasSubstr("m\\xFCcke"));
}

TEST_F(HostileInput, NoControlCharacterReachesTheTerminal) {
  const std::string red = "\x1B[31m";
  const auto expect_clean = [&](const Outcome& outcome, int code) {
    EXPECT_EQ(outcome.code, code);
    EXPECT_THAT(outcome.err + outcome.out, AllOf(HasSubstr("\\x1B[31m"), Not(HasSubstr("\x1B"))));
  };
  expect_clean(run(quick_track(path(red + ".mp4"))), 3);
  expect_clean(run({"track", "--" + red}), 2);
  expect_clean(run({"tune", kScene, "extra" + red}), 2);
  expect_clean(run({"track", path("none" + red), path("nothing" + red), "-o", path("runs")}), 3);
  std::ofstream(path("gt.txt")) << "1," << red << ",1,1,1,1\n";
  expect_clean(run({"eval", path("gt.txt"), path("gt.txt")}), 3);
  std::ofstream(path("rig.toml")) << "[segment]\nmethod = \""
                                  << "\\u001B[31m\"\n";
  expect_clean(run({"config", path("rig.toml")}), 2);
  std::ofstream(path(red + ".txt")) << "1,1,0,0,5,5\n";
  expect_clean(run({"eval", path(red + ".txt"), path(red + ".txt")}), 0);
}

TEST_F(HostileInput, AFileIsReplacedOnlyByAWholeOne) {
  write_marks("disc", "other");
  ASSERT_EQ(run({"learn", kScene, path("marks.csv"), "-o", path("c.json")}).code, 0);
  const std::string before = read_file(path("c.json"));
  ASSERT_GT(before.size(), kSmallDisk);
  const Outcome full = run({"learn", kScene, path("marks.csv"), "-o", path("c.json")}, kSmallDisk);
  EXPECT_EQ(full.code, 3);
  EXPECT_THAT(full.err, HasSubstr("cannot write " + path("c.json")));
  EXPECT_EQ(read_file(path("c.json")), before);

  ASSERT_EQ(run({"tune", kScene, "-o", path("sheet.png")}).code, 0);
  const std::string sheet = read_file(path("sheet.png"));
  EXPECT_EQ(run({"tune", kScene, "-o", path("sheet.png")}, kSmallDisk).code, 3);
  EXPECT_EQ(read_file(path("sheet.png")), sheet);
  EXPECT_EQ(run({"tune", kScene, "-o", path("sheet")}).code, 2) << "no format";
}

TEST_F(HostileInput, PicturesToTrainOnAreAWholeSetOrNone) {
  write_marks("disc", "other");
  std::ofstream(path("marks.csv"), std::ios::app) << "20,-90,-90,disc\n";  // nothing is there
  std::vector<std::string> learn = {"learn", kScene, path("marks.csv"), "--crops", path("crops")};
  EXPECT_EQ(run(learn).code, 3);
  EXPECT_FALSE(fs::exists(path("crops/train")));
  write_marks("disc", "other");
  const Outcome again = run(learn);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(fs::exists(path("crops/train/disc")));
  EXPECT_FALSE(fs::exists(path("crops/train.part")));
}

TEST_F(HostileInput, TuneProposesTwoSectionsAndNoOther) {
  const Outcome outcome = run({"tune", kScene, "--auto", "-o", path("sheet.png")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::vector<std::string> sections;
  std::istringstream text(outcome.out);
  for (std::string line; std::getline(text, line);)
    if (line.starts_with('[')) sections.push_back(line);
  EXPECT_THAT(sections, testing::ElementsAre("[segment]", "[label]"));
  const Outcome json = run({"tune", kScene, "--auto", "-o", path("sheet.png"), "--json"});
  EXPECT_THAT(test::parse_json(json.out)["toml"].get<std::string>(), Not(HasSubstr("[classify]")));
}

TEST_F(HostileInput, ARecordingThatShrinksWhileItIsTrackedGivesItsWholeFrames) {
  constexpr int kSide = 64, kFrames = 2000;
  std::string frame(size_t{kSide} * kSide, '\0');
  for (int y = 20; y < 30; ++y) std::fill_n(frame.begin() + y * kSide + 20, 10, '\xFF');
  {
    std::ofstream file(path("a.raw"), std::ios::binary);
    for (int i = 0; i < kFrames; ++i) file << frame;
  }
  std::vector<std::string> arguments = quick_track(path("a.raw"));
  for (const char* word : {"--input.raw_width", "64", "--input.raw_height", "64", "--fps", "200", "--realtime",
                           "--segment.method", "threshold"})
    arguments.push_back(word);
  const pid_t child = start(arguments);  // ten seconds of recording
  for (int i = 0; i < 200 && read_file(path("out/tracks.csv")).find("\n50,") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  fs::resize_file(path("a.raw"), frame.size() * 20);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_THAT(read_file(path("stderr")), HasSubstr("a.raw: became shorter while it was read: frame"));
  EXPECT_THAT(read_file(path("out/tracks.csv")), HasSubstr("\n50,"));
  EXPECT_GE(test::parse_json(read_file(path("out/summary.json")))["frames"].get<int>(), 50);
}

TEST_F(HostileInput, BombsAreRefusedBeforeTheyAreDecoded) {
  std::ofstream(path("bomb.pgm"), std::ios::binary) << "P5 60000 60000 255\n";
  const std::string model = (test::source_dir() / "quant_models/recipes/trained/cell_bccd/int8.fcnn").string();
  const Outcome detect = run({"detect", path("bomb.pgm"), "--model", model, "-o", path("found")});
  EXPECT_EQ(detect.code, 3);
  EXPECT_THAT(detect.err, HasSubstr("60000x60000 px: pictures of more than 134217728 pixels"));
  const Outcome track = run({"track", path("bomb.pgm"), "--fps", "10", "-o", path("out")});
  EXPECT_EQ(track.code, 3);
  EXPECT_THAT(track.err, HasSubstr("60000x60000 px: sides must be 1..4096"));
}

TEST_F(HostileInput, ADetectionFileThatJumpsIsRefusedAtOnce) {
  std::ofstream(path("det.txt")) << "1,-1,1,1,5,5\n1000000000,-1,1,1,5,5\n";
  Outcome outcome = run({"track", "--detections", path("det.txt"), "--fps", "25", "-o", path("out")});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("det.txt:2: frame 1000000000 comes more than"));
  std::ofstream(path("det.txt")) << "1,-1,1e200,1,5,5\n";
  outcome = run({"track", "--detections", path("det.txt"), "--fps", "25", "-o", path("out")});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("det.txt:1: left '1e200'"), Not(HasSubstr("internal"))));
}

}  // namespace
}  // namespace flashcell
