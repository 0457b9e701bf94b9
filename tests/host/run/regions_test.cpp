// Regions with names and counts through a whole run: wells with an animal each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "host/run/run.hpp"
#include "tests/support/animal_scenes.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Keeps the rows, and what the run is called.
class RowSink : public Sink {
 public:
  void begin(const RunInfo& run) override { info = run; }
  void write(const FrameResult&) override {}
  void write_rows(std::span<const AssembledRow> some) override { rows.insert(rows.end(), some.begin(), some.end()); }
  void finish(const RunSummary&) override {}

  RunInfo info;
  std::vector<AssembledRow> rows;
};

class RegionRun : public testing::Test {
 protected:
  RegionRun() {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::temp_directory_path() / (std::string("flashcell_regions_") + test->name() + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~RegionRun() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// The first frames of twenty tubes with a fly each, five of which sit still, as a file of raw frames.
  Config tubes(int64_t frames) const {
    const auto& scenes = test::animal_scenes();
    const auto scene = std::find_if(scenes.begin(), scenes.end(),
                                    [](const test::AnimalScene& s) { return s.name.starts_with("twenty tubes"); });
    EXPECT_NE(scene, scenes.end());
    const auto source = test::open_animal_scene(*scene);
    std::ofstream file(path("tubes.raw"), std::ios::binary);
    Frame frame;
    for (int64_t i = 0; i < frames && source->next(frame); ++i)
      file.write(reinterpret_cast<const char*>(frame.storage.data()),
                 static_cast<std::streamsize>(frame.storage.size()));
    Config config;
    config.input.raw_width = scene->width;
    config.input.raw_height = scene->height;
    config.input.fps = scene->fps;
    config.output.overlay = config.output.report = false;
    return config;
  }
  static constexpr const char* kTubes =
      "[[segment.region]]\nrectangle = [10, 12, 452, 276]\ngrid = [10, 2]\nwell = \"rectangle\"\ngap = 8\ncount = 1\n";

  fs::path folder_;
};

/// The run's files, read once more.
std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('#')) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> fields_of(const std::string& text) {
  std::vector<std::string> fields;
  std::istringstream line(text);
  for (std::string field; std::getline(line, field, ',');) fields.push_back(field);
  return fields;
}

TEST_F(RegionRun, AFlyInEachOfTwentyTubesIsTwentyTracksInTheTubesOrder) {
  Config config = tubes(150);
  parse_config(kTubes, "rig.toml", config);
  std::vector<std::string> first;
  for (const int threads : {1, 3}) {
    config.pipeline.threads = threads;
    RunOptions options;
    options.folder = path("out");
    RunObserver observer;
    const RunOutcome outcome = run({path("tubes.raw"), ""}, config, options, observer);
    ASSERT_EQ(outcome.error, nullptr);
    EXPECT_EQ(outcome.summary.tracks, 20u) << outcome.info.segmentation;
    ASSERT_EQ(outcome.summary.regions.size(), 20u);
    for (const RegionCount& region : outcome.summary.regions) EXPECT_GE(region.frames_met, 135u) << region.name;
    EXPECT_THAT(outcome.summary.count_text(), HasSubstr("each region's count in "));
    const std::vector<std::string> lines = lines_of(path("out/tracks.csv"));
    if (first.empty()) first = lines;
    EXPECT_EQ(lines, first);
  }
  std::map<std::string, std::set<std::string>> tubes_of;  // by id
  const std::vector<std::string> names = fields_of(first.at(0));
  const auto region = static_cast<size_t>(std::find(names.begin(), names.end(), "region") - names.begin());
  for (size_t i = 1; i < first.size(); ++i) {
    const std::vector<std::string> fields = fields_of(first[i]);
    tubes_of[fields.at(1)].insert(fields.at(region));
  }
  for (int id = 1; id <= 20; ++id) {
    const std::string tube = (id <= 10 ? "A" : "B") + std::to_string((id - 1) % 10 + 1);
    EXPECT_EQ(tubes_of[std::to_string(id)], std::set<std::string>{tube}) << "id " << id;
  }
}

TEST_F(RegionRun, AnEmptyTubeIsNamed) {
  Config config = tubes(60);
  parse_config(kTubes, "rig.toml", config);
  config.segment.parameters.regions.push_back({});
  config.segment.parameters.regions.back().rectangle = {0, 290, 474, 9};
  config.segment.parameters.regions.back().name = "margin";
  config.segment.parameters.regions.back().count = {3, 3};
  RowSink sink;
  RunOptions options;
  options.sinks = {&sink};
  RunObserver observer;
  const RunOutcome outcome = run({path("tubes.raw"), ""}, config, options, observer);
  ASSERT_EQ(outcome.error, nullptr);
  EXPECT_EQ(outcome.summary.frames_count_met, 0u);
  EXPECT_TRUE(outcome.summary.count_often_missed());
  EXPECT_THAT(outcome.summary.missed_regions(), testing::StartsWith("margin: 3 objects in 0 of 60 frames"));
}

TEST_F(RegionRun, BoxesOfADetectorSayInWhichRegionTheyAre) {
  std::ofstream det(path("det.txt"));
  for (int f = 1; f <= 60; ++f) det << f << ",-1," << 3 * f << ",20,10,10,0.9\n" << f << ",-1,300,20,10,10,0.9\n";
  det.close();
  Config config;
  config.input.fps = 25;
  parse_config(
      "[[segment.region]]\nname = \"start\"\ncircle = [20, 25, 60]\n"
      "[[segment.region]]\nrectangle = [0, 0, 150, 100]\n",
      "rig.toml", config);
  RowSink sink;
  RunOptions options;
  options.sinks = {&sink};
  RunObserver observer;
  const RunOutcome outcome = run({"", path("det.txt")}, config, options, observer);
  ASSERT_EQ(outcome.error, nullptr);
  ASSERT_TRUE(sink.info.regions);
  EXPECT_EQ(sink.info.regions->regions()[1].name, "region 2");
  EXPECT_FALSE(outcome.summary.counted());
  std::map<int, int> rows;
  for (const AssembledRow& row : sink.rows) {
    const double squared = (row.row.x - 20) * (row.row.x - 20) + (row.row.y - 25) * (row.row.y - 25);
    if (std::abs(std::sqrt(squared) - 60) < 1 || std::abs(row.row.x - 150) < 1) continue;
    EXPECT_EQ(row.region, squared < 3600 ? 0 : row.row.x < 150 ? 1 : -1) << row.row.x;
    ++rows[row.region];
  }
  EXPECT_GT(rows[0], 15);
  EXPECT_GT(rows[1], 15);
  EXPECT_GT(rows[-1], 50);
}

TEST_F(RegionRun, CountsThatContradictAreSaidBeforeAnythingIsRead) {
  Config config;
  parse_config(kTubes, "rig.toml", config);
  set_config_key("track.count", "19", config);
  RunObserver observer;
  EXPECT_THAT(
      [&] {
        run({path("missing.raw"), ""}, config, {}, observer);
      },
      testing::ThrowsMessage<Error>(HasSubstr("\"20\" together")));
}

}  // namespace
}  // namespace flashcell::host
