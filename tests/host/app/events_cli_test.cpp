// Recordings of event cameras, as a user looks at and tracks them.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/videoio.hpp>
#include <set>
#include <sstream>

#include "tests/host/events/event_files.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;
using test::EventBytes;
using test::MovingDisc;
using test::Outcome;
using testing::HasSubstr;

constexpr int kWidth = 640, kHeight = 480;

class EventsCli : public test::ProgramTest {
 protected:
  std::string write(const std::string& name, const EventBytes& bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path(name);
  }

  Outcome track(const std::string& input, std::vector<std::string> more = {}, const std::string& out = "out",
                bool overlay = false) const {
    std::vector<std::string> arguments = {
        "track", input, "-o", path(out), "--output.overlay", overlay ? "true" : "false", "--output.report", "false"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  nlohmann::json inspect(const std::string& file) const {
    const Outcome outcome = run({"inspect", file, "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return test::parse_json(outcome.out);
  }

  struct Row {
    int64_t frame, id, device_ns;
    double time_s, x, y, vx, vy;
  };
  std::vector<Row> rows(const std::string& out = "out") const {
    std::istringstream file(test::read_file(path(out + "/tracks.csv")));
    std::vector<std::string> names;
    std::vector<Row> all;
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      std::vector<std::string> cells;
      std::istringstream text(line);
      for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
      if (names.empty()) {
        names = cells;
        continue;
      }
      std::map<std::string, std::string> by_name;
      for (size_t i = 0; i < names.size(); ++i) by_name[names[i]] = cells.at(i);
      const auto real = [&](const char* name) { return std::stod(by_name.at(name)); };
      all.push_back({std::stoll(by_name.at("frame")), std::stoll(by_name.at("id")),
                     std::stoll(by_name.at("device_time_ns")), real("time_s"), real("x"), real("y"), real("vx"),
                     real("vy")});
    }
    return all;
  }

  static std::vector<MovingDisc> discs() {
    return {{40, 60, 3000, 500, 6}, {600, 200, -4000, 0, 7}, {100, 400, 2500, -1500, 5}, {320, 250, 0, 3000, 6}};
  }
  static constexpr int64_t kEndUs = 60'000;
};

TEST_F(EventsCli, InspectSaysWhatARecordingIs) {
  const std::vector<Event> events = test::random_events(5000, kWidth, kHeight, 3);
  const auto on = std::count_if(events.begin(), events.end(), [](const Event& e) { return e.on; });
  const nlohmann::json all = inspect(write("a.raw", test::make_evt3(events)));
  EXPECT_EQ(all["format"], "EVT3");
  EXPECT_EQ(all["width"], kWidth);
  EXPECT_EQ(all["events"], events.size());
  EXPECT_EQ(all["on_events"], on);
  EXPECT_NEAR(all["duration_s"].get<double>(),
              1e-6 * static_cast<double>(events.back().time_us - events.front().time_us), 1e-9);
  EventBytes cut = test::make_evt3(events);
  cut.pop_back();
  const Outcome outcome = run({"inspect", write("cut.raw", cut)});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.out, HasSubstr("4999 events"));
  EXPECT_THAT(outcome.err, HasSubstr("truncated"));
  EXPECT_THAT(run({"inspect", "synth:discs?objects=3&size=64x48&frames=5&fps=100"}).out,
              HasSubstr("frames of 64x48 px"));
}

TEST_F(EventsCli, TracksFollowWhatMoves) {
  const std::string file = write("dots.raw", test::make_evt3(test::disc_events(discs(), kEndUs, kWidth, kHeight)));
  struct Way {
    std::vector<std::string> options;
    double distance;  // px from the disc's middle at the middle of the window, at most
  };
  // On events alone are a disc's front.
  const Way ways[] = {{{}, 3.0}, {{"--label.connectivity", "exact8", "--events.polarity", "on"}, 8.0}};
  for (const Way& way : ways) {
    const Outcome outcome = track(file, way.options);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("from file to tracks"));
    std::set<int64_t> ids, frames;
    std::map<size_t, std::set<int64_t>> ids_of;
    std::map<size_t, std::vector<Row>> settled;
    for (const Row& row : rows()) {
      ids.insert(row.id);
      frames.insert(row.frame);
      EXPECT_NEAR(row.time_s, 1e-3 * static_cast<double>(row.frame), 1e-9);
      const double middle_s = 1e-9 * static_cast<double>(row.device_ns) - 0.0005;
      size_t nearest = 0;
      double distance = 1e9;
      for (size_t i = 0; i < discs().size(); ++i) {
        const MovingDisc d = discs()[i];
        const double here = std::hypot(row.x - d.x - d.vx * middle_s, row.y - d.y - d.vy * middle_s);
        if (here < distance) {
          distance = here;
          nearest = i;
        }
      }
      EXPECT_LT(distance, way.distance) << "frame " << row.frame << ", track " << row.id;
      ids_of[nearest].insert(row.id);
      if (row.frame > 20 && row.frame < 50) settled[nearest].push_back(row);
    }
    // A front moves by whole pixels: its speed is right over many windows.
    for (const auto& [disc, followed] : settled) {
      double vx = 0, vy = 0;
      for (const Row& row : followed) {
        vx += row.vx / static_cast<double>(followed.size());
        vy += row.vy / static_cast<double>(followed.size());
      }
      EXPECT_NEAR(vx, discs()[disc].vx, 200) << "disc " << disc;
      EXPECT_NEAR(vy, discs()[disc].vy, 200) << "disc " << disc;
    }
    EXPECT_EQ(ids.size(), discs().size());
    EXPECT_GE(frames.size(), 58u);
    for (const auto& [disc, followed] : ids_of) EXPECT_EQ(followed.size(), 1u) << "disc " << disc;
  }
}

TEST_F(EventsCli, TheSameBytesWhateverDevicesThreadsAndPictures) {
  const std::string file = write("dots.raw", test::make_evt3(test::disc_events(discs(), 20'000, kWidth, kHeight)));
  for (const char* connectivity : {"cell", "exact8"}) {
    const std::vector<std::string> base = {"--label.connectivity", connectivity, "--events.step", "200us"};
    const auto with = [&](std::vector<std::string> more) {
      more.insert(more.begin(), base.begin(), base.end());
      return more;
    };
    ASSERT_EQ(track(file, with({"--pipeline.threads", "1"}), "one").code, 0);
    const auto data = [this](const std::string& out) {
      const std::string text = test::read_file(path(out + "/tracks.csv"));
      return text.substr(text.find("\nframe,"));
    };
    const std::string wanted = data("one");
    EXPECT_GT(wanted.size(), 5000u);
    ASSERT_EQ(track(file, with({"--pipeline.threads", "4"}), "four").code, 0);
    ASSERT_EQ(track(file, with({"--pipeline.device", "reference"}), "reference").code, 0);
    ASSERT_EQ(track(file, with({"--pipeline.device", "hls"}), "hls").code, 0);
    ASSERT_EQ(track(file, base, "drawn", true).code, 0);
    for (const char* out : {"four", "reference", "hls", "drawn"})
      EXPECT_EQ(data(out), wanted) << out << " " << connectivity;
  }
}

TEST_F(EventsCli, PicturesShowTheWindows) {
  const std::string file = write("dots.raw", test::make_evt3(test::disc_events(discs(), 20'000, kWidth, kHeight)));
  const Outcome outcome = run({"track", file, "-o", path("out"), "--label.connectivity", "cell"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(path("out/report.html")));
  cv::VideoCapture video(path("out/overlay.mp4"));
  cv::Mat picture;
  ASSERT_TRUE(video.read(picture));
  EXPECT_EQ(picture.cols, kWidth);
  // Grey where nothing happened.
  EXPECT_NEAR(picture.at<cv::Vec3b>(470, 630)[1], 128, 12);
}

TEST_F(EventsCli, ATruncatedRecordingGivesItsWholeEventsAndCode3) {
  EventBytes bytes = test::make_evt2(test::disc_events(discs(), 20'000, kWidth, kHeight));
  bytes.resize(bytes.size() - 3);
  const Outcome outcome = track(write("cut.raw", bytes));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("truncated"));
  EXPECT_GT(rows().size(), 50u);
}

TEST_F(EventsCli, WhatDoesNotFitIsSaidInOneLine) {
  const std::string file = write("dots.raw", test::make_evt2(test::random_events(500, kWidth, kHeight, 1)));
  const auto expect = [&](const std::vector<std::string>& options, const char* text) {
    const Outcome outcome = track(file, options);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(text));
  };
  expect({"--events.window", "5"}, "--events.window: ");
  expect({"--events.window", "200us", "--events.step", "1ms"}, "events between windows would be lost");
  expect({"--events.stay", "none"}, "neither a number of windows");
  expect({"--track.intensity_centroid", "true"}, "events have no grey");
  // A sensor that is stated too small: the rest is tracked.
  const Outcome small = track(file, {"--events.width", "320", "--events.height", "240"});
  EXPECT_EQ(small.code, 0) << small.err;
  EXPECT_THAT(small.err, HasSubstr("lie outside of the sensor of 320x240 px and were left out"));
}

TEST_F(EventsCli, ARealRecording) {
  FLASHCELL_NEEDS_DATA("event/expelliarmus_evt3.raw");
  const std::string file = (test::data_dir() / "event/expelliarmus_evt3.raw").string();
  const nlohmann::json all = inspect(file);
  EXPECT_EQ(all["events"], 219596);
  EXPECT_EQ(all["on_events"], 115532);
  const Outcome outcome = track(file, {"--events.window", "200us", "--events.noise", "2ms"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("219596 events"));
  EXPECT_EQ(test::parse_json(test::read_file(path("out/summary.json")))["frames"], 45);
}

}  // namespace
}  // namespace flashcell
