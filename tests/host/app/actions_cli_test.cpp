// `learn --actions` and [actions] as a user has them: learned from generated scenes of two seeds, right on another one
// at another frame rate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

using test::Outcome;
using test::read_file;
using testing::HasSubstr;

using Table = std::vector<std::map<std::string, std::string>>;

Table read_table(const std::string& file) {
  std::istringstream text(read_file(file));
  std::vector<std::string> header;
  Table rows;
  for (std::string line; std::getline(text, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::vector<std::string> words;
    for (std::string word; std::getline(fields, word, ',');) words.push_back(word);
    if (header.empty()) {
      header = words;
      continue;
    }
    rows.emplace_back();
    for (size_t i = 0; i < header.size() && i < words.size(); ++i) rows.back()[header[i]] = words[i];
  }
  return rows;
}

class ActionsProgram : public test::ProgramTest {
 protected:
  static constexpr int kSeconds = 4;

  // Ellipses that walk 40 to 60 px/s, whatever the frame rate.
  static std::string scene(int seed, int fps) {
    std::ostringstream spec;
    spec << "synth:ellipses?actions=on&crossing=off&size=240x160&objects=8&radius=8..11&fps=" << fps
         << "&frames=" << kSeconds * fps << "&seed=" << seed << "&speed=" << 40.0 / fps << ".." << 60.0 / fps;
    return spec.str();
  }
  void draw(const std::string& name, int seed, int fps) const {
    const Outcome drawn = run({"synth", scene(seed, fps), "-o", path(name), "--format", "raw"});
    ASSERT_EQ(drawn.code, 0) << drawn.err;
  }
  std::vector<std::string> learning(const std::string& marks) const {
    return with_segmentation(
        {"learn", scene(1, 200), path(marks), "--actions", "--tracks", path("a/truth.csv"), "-o", path("m.npz")});
  }
  // What stays where it is for long would become background.
  static std::vector<std::string> with_segmentation(std::vector<std::string> words) {
    words.insert(words.end(), {"--segment.method", "threshold", "--segment.threshold", "110"});
    return words;
  }
};

TEST_F(ActionsProgram, LearnsOnSomeScenesAndIsRightOnAnotherAtAnotherFrameRate) {
  draw("a", 1, 200);
  draw("b", 2, 200);
  std::vector<std::string> words = learning("a/actions.csv");
  for (const std::string& word : {std::string("--also"), scene(2, 200), path("b/actions.csv"), path("b/truth.csv"),
                                  std::string("--updates"), std::string("100"), std::string("--json")})
    words.push_back(word);
  const Outcome learned = run(words);
  ASSERT_EQ(learned.code, 0) << learned.err;
  const auto worth = test::parse_json(learned.out);
  EXPECT_EQ(worth.at("left_out"), "recordings");
  EXPECT_EQ(worth.at("actions").size(), 5U);
  EXPECT_GT(worth.at("accuracy").get<double>(), 0.6);

  draw("c", 3, 500);
  for (const char* threads : {"1", "3"}) {
    const Outcome tracked = run(with_segmentation({"track", scene(3, 500), "--actions.model", path("m.npz"), "-o",
                                                   path(std::string("t") + threads), "--pipeline.threads", threads,
                                                   "--output.overlay", "false"}));
    ASSERT_EQ(tracked.code, 0) << tracked.err;
  }
  EXPECT_EQ(read_file(path("t1/tracks.csv")), read_file(path("t3/tracks.csv")));
  EXPECT_EQ(read_file(path("t1/actions.csv")), read_file(path("t3/actions.csv")));
  EXPECT_THAT(read_file(path("t1/report.html")), HasSubstr("What each track did"));

  // What truly was done where a row is.
  std::map<std::string, std::vector<std::tuple<int, int, std::string>>> spans;
  for (auto& row : read_table(path("c/actions.csv")))
    spans[row["id"]].emplace_back(std::stoi(row["first"]), std::stoi(row["last"]), row["action"]);
  std::map<std::string, std::vector<std::pair<std::array<double, 2>, std::string>>> places;
  for (auto& row : read_table(path("c/truth.csv")))
    places[row["frame"]].push_back({{std::stod(row["x"]), std::stod(row["y"])}, row["id"]});
  size_t rows = 0, right = 0;
  for (auto& row : read_table(path("t1/tracks.csv"))) {
    std::string id;
    for (const auto& [place, whose] : places[row["frame"]])
      if (std::hypot(place[0] - std::stod(row["x"]), place[1] - std::stod(row["y"])) < 3) id = whose;
    for (const auto& [first, last, action] : spans[id]) {
      const int frame = std::stoi(row["frame"]);
      if (frame < first || frame > last) continue;
      ++rows;
      right += row["action"] == action ? 1 : 0;
      const double confidence = std::stod(row["action_confidence"]);
      EXPECT_TRUE(confidence >= 0 && confidence < 1) << confidence;
    }
  }
  EXPECT_EQ(rows, 8U * 500 * kSeconds);
  EXPECT_GT(static_cast<double>(right) / static_cast<double>(rows), 0.75);

  // Spans are the rows' own words, and can be learned from.
  const Table told = read_table(path("t1/actions.csv"));
  EXPECT_GT(told.size(), 8U);
  std::vector<std::string> again = {"learn",     scene(3, 500), path("t1/actions.csv"),
                                    "--actions", "--tracks",    path("t1/tracks.csv"),
                                    "-o",        path("n.npz"), "--updates",
                                    "1"};
  EXPECT_EQ(run(with_segmentation(again)).code, 0);
}

TEST_F(ActionsProgram, SaysInOneLineWhatIsWrong) {
  draw("a", 1, 200);
  const auto fault = [&](const std::string& rows, const std::vector<std::string>& more = {}) {
    std::ofstream(path("marks.csv")) << "id,first,last,action\n" << rows;
    std::vector<std::string> words = learning("marks.csv");
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_NE(outcome.code, 0);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    return outcome.err;
  };
  EXPECT_THAT(fault("77,0,9,walking\n"), HasSubstr("marks.csv:2: "));
  EXPECT_THAT(fault("77,0,9,walking\n"), HasSubstr("has no track 77"));
  EXPECT_THAT(fault("1,5000,5009,walking\n"), HasSubstr("has no row in frames 5000 to 5009"));
  EXPECT_THAT(fault("1,0,9,walking\n"), HasSubstr("names only one action, walking"));
  EXPECT_THAT(fault("1,0,1,walking\n1,2,3,stopping\n", {"--step-ms", "50"}), HasSubstr("has no marked step"));
  EXPECT_THAT(fault("1,0,9,walking\n", {"--also", "x"}), HasSubstr("takes three files"));
  EXPECT_THAT(run({"track", scene(1, 200), "--actions.model", path("a/truth.csv"), "-o", path("t")}).err,
              HasSubstr("truth.csv"));
}

}  // namespace
}  // namespace flashcell
