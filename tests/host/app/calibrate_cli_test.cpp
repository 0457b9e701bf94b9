// From pictures of a board to tracks in mm, as somebody who does it for the first time types it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "tests/support/json.hpp"
#include "tests/support/plane_camera.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr double kSquare = 5;  // mm

class CalibrateCli : public ProgramTest {
 protected:
  /// Pictures of a board, the last one on the plane where things move.
  void draw_boards() const {
    const PlaneCamera camera(bent_lens(), 3);
    std::vector<PlanePose> poses = board_poses(kSquare);
    poses.push_back(arena_pose());
    fs::create_directories(dir_ / "boards");
    for (size_t i = 0; i < poses.size(); ++i)
      cv::imwrite(path(fmt::format("boards/{:02}.png", i)), camera.picture(poses[i], checkerboard(kSquare), i));
  }
  /// A disc of 2 mm that moves across the plane by 1 mm a frame, to the right and by a third of that down.
  void draw_disc(int frames) const {
    const PlaneCamera camera(bent_lens(), 3);
    fs::create_directories(dir_ / "disc");
    for (int i = 0; i < frames; ++i) {
      const double x = -25 + i, y = i / 3.0;
      cv::imwrite(path(fmt::format("disc/{:02}.png", i)),
                  camera.picture(
                      arena_pose(), [=](double px, double py) { return std::hypot(px - x, py - y) < 2 ? 210.0 : 40.0; },
                      static_cast<uint64_t>(1000 + i)));
    }
  }
  Outcome calibrate(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"calibrate", path("boards"), "--board", "9x6", "--square",
                                      "5",         "--unit",       "mm",      "-o",  path("camera.toml")};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  Outcome track(std::vector<std::string> more) const {
    std::vector<std::string> words = {"track", path("disc"), "--fps", "100", "-o", path("out"), "-c", path("rig.toml")};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
};

/// The columns of a CSV file by name.
std::map<std::string, std::vector<double>> columns(const std::string& csv) {
  std::map<std::string, std::vector<double>> result;
  std::vector<std::string> names;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string field;
    if (names.empty()) {
      while (std::getline(fields, field, ',')) names.push_back(field);
      continue;
    }
    for (size_t i = 0; std::getline(fields, field, ','); ++i) result[names.at(i)].push_back(std::atof(field.c_str()));
  }
  return result;
}

double largest_ratio(const std::vector<double>& x, const std::vector<double>& y) {
  constexpr size_t kSteps = 30;  // over more frames than one, so that noise of the centroid is small beside
  double least = INFINITY, most = 0;
  for (size_t i = 0; i + kSteps < x.size(); ++i) {
    const double way = std::hypot(x[i + kSteps] - x[i], y[i + kSteps] - y[i]);
    least = std::min(least, way);
    most = std::max(most, way);
  }
  return most / least;
}

TEST_F(CalibrateCli, FromPicturesOfABoardToTracksInMillimetres) {
  draw_boards();
  draw_disc(60);
  const Outcome outcome = calibrate({"--plane", "last"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("reprojection error 0."), HasSubstr("plane: the board of frame 18"),
                                 HasSubstr("% of the picture")));
  EXPECT_THAT(outcome.err, Not(HasSubstr("warning")));
  const std::string toml = read_file(path("camera.toml"));
  EXPECT_THAT(toml, AllOf(HasSubstr("[lens]"), HasSubstr("width = 640"), HasSubstr("[plane]"),
                          HasSubstr("unit = \"mm\""), Not(HasSubstr("[track]"))));
  // The experiment's own file holds every key there is, among them no lens: the camera's comes after it.
  write("rig.toml", run({"config", "--default"}).out);
  const Outcome tracked = track({"-c", path("camera.toml"), "--segment.method", "threshold", "--segment.threshold",
                                 "125", "--segment.polarity", "bright"});
  ASSERT_EQ(tracked.code, 0) << tracked.err;
  const std::string csv = read_file(path("out/tracks.csv"));
  EXPECT_THAT(csv, AllOf(HasSubstr("corrected for lens and perspective"), HasSubstr(",x_mm,y_mm,vx_mm_per_s")));
  auto table = columns(csv);
  ASSERT_EQ(table["x"].size(), 60u) << "one object in each frame";
  EXPECT_LT(largest_ratio(table["x_mm"], table["y_mm"]), 1.005);
  EXPECT_GT(largest_ratio(table["x"], table["y"]), 1.1) << "in px the same speed looks uneven";
  const double length = std::hypot(59, 59 / 3.0);
  EXPECT_NEAR(std::hypot(table["x_mm"].back() - table["x_mm"][0], table["y_mm"].back() - table["y_mm"][0]), length,
              0.005 * length);
  const double speed = 100 * std::hypot(1, 1 / 3.0);
  for (size_t i = 10; i < 60; ++i) {
    // The tracker's own speed lags by a few frames behind one that changes in px.
    EXPECT_NEAR(std::hypot(table["vx_mm_per_s"][i], table["vy_mm_per_s"][i]), speed, 0.05 * speed) << i;
    EXPECT_NEAR(table["area_mm2"][i], CV_PI * 4, 0.03 * CV_PI * 4) << i;
  }
  EXPECT_THAT(read_file(path("out/report.html")), HasSubstr("corrected for lens and perspective"));

  // What the summary says is enough to export the same places.
  ASSERT_EQ(run({"export", path("out"), "--as", "trackmate", "--in-unit", "-o", path("mm.xml")}).code, 0);
  const std::string xml = read_file(path("mm.xml"));
  EXPECT_THAT(xml, HasSubstr("spaceUnits=\"mm\""));
  const size_t at = xml.find(" x=\"") + 4;
  EXPECT_NEAR(std::atof(xml.c_str() + at), table["x_mm"][0], 1e-3);
  ASSERT_EQ(run({"export", path("out"), "--as", "trackmate", "-o", path("px.xml")}).code, 0);
  EXPECT_THAT(read_file(path("px.xml")), HasSubstr("spaceUnits=\"pixel\""));
  EXPECT_EQ(run({"export", path("out"), "--as", "via", "--in-unit", "-o", path("mm.csv")}).code, 2);
}

TEST_F(CalibrateCli, AScaleMeasuresWithTheLensWhereNoPlaneIsGiven) {
  draw_boards();
  draw_disc(4);
  const Outcome outcome = calibrate({"--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = test::parse_json(outcome.out);
  EXPECT_LT(json["reprojection_error_px"].get<double>(), 0.2);
  EXPECT_NEAR(json["lens"]["fx"].get<double>(), 600, 2);
  EXPECT_FALSE(json.contains("plane"));
  write("rig.toml", "[segment]\nmethod = \"threshold\"\n");
  const Outcome without = track({"-c", path("camera.toml")});
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.err, AllOf(HasSubstr("input.unit"), HasSubstr("input.scale_points")));
  EXPECT_FALSE(fs::exists(path("out")));
  ASSERT_EQ(track({"-c", path("camera.toml"), "--input.unit", "mm", "--input.scale_points", "[[100, 100], [400, 100]]",
                   "--input.scale_length", "60"})
                .code,
            0);
  EXPECT_THAT(read_file(path("out/tracks.csv")), HasSubstr("corrected for the lens"));
  // Pictures of another size, a scale twice, and a file that is read.
  const Outcome other = run({"track", "synth:discs?objects=3&size=320x240&frames=5&seed=1", "-o", path("other"), "-c",
                             path("camera.toml"), "--input.unit", "mm", "--input.units_per_pixel", "0.1"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, AllOf(HasSubstr("640x480"), HasSubstr("320x240")));
  EXPECT_EQ(run({"calibrate", path("boards"), "--board", "9x6", "--square", "5", "-o", path("boards/00.png")}).code, 2);
}

TEST_F(CalibrateCli, WhatCannotBeMeasuredIsOneLine) {
  draw_disc(3);
  const auto refused = [&](const std::vector<std::string>& words, int code, const std::string& text) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(text));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(path("camera.toml")));
  };
  const std::string out = path("camera.toml");
  refused({"calibrate", path("disc"), "--board", "9x6", "--square", "5", "-o", out}, 3,
          "no board of 9x6 inner corners");
  refused({"calibrate", path("disc"), "--board", "9by6", "--square", "5", "-o", out}, 2, "as in 9x6");
  refused({"calibrate", path("none"), "--board", "9x6", "--square", "5", "-o", out}, 3, "no such file");
  refused({"calibrate", path("disc"), "--board", "9x6", "--square", "5", "--unit", "px", "-o", out}, 2, "--unit");
}

}  // namespace
}  // namespace flashcell::test
