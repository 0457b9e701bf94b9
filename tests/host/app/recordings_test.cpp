// The program on real recordings, against what others measured in them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/folders.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

struct Place {
  double x = 0, y = 0;
};
double distance(const Place& a, const Place& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

/// Places by frame, then by name.
using Places = std::map<long, std::map<std::string, Place>>;

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, separator);) cells.push_back(cell);
  return cells;
}

/// Reads frame, name and place from these columns; `offset` turns the file's frame numbers into ours.
Places read_places(const fs::path& path, size_t frame, size_t name, size_t x, size_t y, long offset,
                   char separator = ',') {
  Places places;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> cells = split(line, separator);
    if (cells.size() <= std::max(std::max(frame, name), std::max(x, y))) continue;
    if (cells[frame].empty() || std::isdigit(static_cast<unsigned char>(cells[frame][0])) == 0) continue;
    places[std::lround(std::stod(cells[frame])) + offset][cells[name]] = {std::stod(cells[x]), std::stod(cells[y])};
  }
  return places;
}

class Recordings : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    dir_ = fs::temp_directory_path() / (std::string("flashcell_") + info->name() + "_" + std::to_string(getpid()));
  }
  void TearDown() override { fs::remove_all(dir_); }

  /// Rows of `flashcell track`.
  Places track(const fs::path& recording, const std::string& options) {
    const std::string command = test::build_dir().string() + "/flashcell track '" + recording.string() + "' -o '" +
                                dir_.string() + "' " + options + " > /dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return read_tracks(dir_ / "tracks.csv");
  }
  /// Columns by their names.
  static Places read_tracks(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line) && line.starts_with('#')) {
    }
    const std::vector<std::string> names = split(line, ',');
    const auto column = [&](const char* name) {
      const auto found = std::find(names.begin(), names.end(), name);
      EXPECT_NE(found, names.end()) << "no column " << name << " in " << line;
      return static_cast<size_t>(found - names.begin());
    };
    return read_places(path, column("frame"), column("id"), column("x"), column("y"), 0);
  }
  /// Options of a documented example, without the outputs that take long.
  static std::string example(const char* name) {
    return kRowsOnly + std::string(" -c '") + test::source_dir().string() + "/docs/examples/" + name + "'";
  }
  const fs::path& folder() const { return dir_; }
  static constexpr const char* kRowsOnly = "--output.overlay false --output.report false";

 private:
  fs::path dir_;
};

std::string nearest(const std::map<std::string, Place>& tracks, const Place& place) {
  std::string best;
  for (const auto& entry : tracks) {
    if (best.empty() || distance(entry.second, place) < distance(tracks.at(best), place)) best = entry.first;
  }
  return best;
}

/// What `./run demo` does, on the recording it takes: people who walk past a camera that stands still.
TEST_F(Recordings, TheDemo) {
  const fs::path video = test::build_dir() / "data/demo/vtest.avi";
  FLASHCELL_NEEDS_FILE(video);  // ./run test unpacks it
  const Places tracks = track(video, "--output.overlay true --output.report true");
  EXPECT_EQ(tracks.rbegin()->first, 794);
  std::map<std::string, int> rows;
  for (const auto& frame : tracks) {
    for (const auto& entry : frame.second) ++rows[entry.first];
  }
  // Some twenty to forty people pass; several stay in sight for seconds.
  EXPECT_GE(rows.size(), 15u);
  EXPECT_LE(rows.size(), 80u);
  EXPECT_GE(std::count_if(rows.begin(), rows.end(), [](const auto& track) { return track.second >= 50; }), 8);
  for (const char* name : {"tracks.csv", "summary.json", "overlay.mp4", "report.html"}) {
    EXPECT_GT(fs::file_size(folder() / name), 500u) << name;
  }
}

TEST_F(Recordings, TwoSpidersAsTwoTracks) {
  FLASHCELL_NEEDS_DATA("video/tracktor_spider.mp4");
  const fs::path folder = test::data_dir() / "video";
  const Places tracks = track(folder / "tracktor_spider.mp4", example("spiders.toml"));
  ASSERT_EQ(tracks.size(), 2352u);
  std::map<std::string, int> lengths;
  for (const auto& frame : tracks) {
    for (const auto& entry : frame.second) ++lengths[entry.first];
  }
  EXPECT_EQ(lengths, (std::map<std::string, int>{{"1", 2352}, {"2", 2352}}));

  // Tracktor counts frames from 1; the spider that stays is its A, the one that walks its B.
  const Places tracktor = read_places(folder / "tracktor_spider_tracked.csv", 1, 4, 2, 3, -1);
  const std::map<std::string, std::string> ours{{"A", "1"}, {"B", "2"}};
  double farthest = 0;
  for (const auto& frame : tracktor) {
    for (const auto& entry : frame.second) {
      farthest = std::max(farthest, distance(entry.second, tracks.at(frame.first).at(ours.at(entry.first))));
    }
  }
  EXPECT_EQ(tracktor.size(), 2350u);
  EXPECT_LT(farthest, 25) << "px from Tracktor's";

  // idTracker: a line a frame, both spiders in it, the one that walks first. While a hand passes (1906 to 1968) it
  // places both at the one that stays, or none.
  std::ifstream file(folder / "tracktor_spider_idtracker.txt");
  long frame = -1, compared = 0;
  for (std::string line; std::getline(file, line) && frame < 2352; ++frame) {
    const std::vector<std::string> cells = split(line, '\t');
    if (frame < 0 || (frame >= 1906 && frame <= 1968)) continue;
    for (const size_t first : {size_t{0}, size_t{3}}) {
      if (cells[first] == "NaN" || cells[first + 1] == "NaN") continue;
      const Place place{std::stod(cells[first]), std::stod(cells[first + 1])};
      ++compared;
      EXPECT_EQ(nearest(tracks.at(frame), place), first == 0 ? "2" : "1") << "idTracker, frame " << frame;
    }
  }
  EXPECT_GT(compared, 2000);

  // ToxTrac: frame, arena, track, x, y. It breaks the spiders into 16 tracks; none of them holds both.
  compared = 0;
  std::map<std::string, std::map<std::string, int>> whose;
  for (const auto& seen : read_places(folder / "tracktor_spider_toxtrac.txt", 0, 2, 3, 4, 0, '\t')) {
    for (const auto& entry : seen.second) {
      ++compared;
      ++whose[entry.first][nearest(tracks.at(seen.first), entry.second)];
    }
  }
  for (const auto& entry : whose) EXPECT_EQ(entry.second.size(), 1u) << "ToxTrac's track " << entry.first;
  EXPECT_GT(compared, 1000);
}

/// Thorax points of two animals, marked by hand in every frame.
TEST_F(Recordings, TwoAnimalsWithoutASwitch) {
  FLASHCELL_NEEDS_DATA("video/sleap_clip.mp4");
  const fs::path folder = test::data_dir() / "video";
  const Places tracks = track(folder / "sleap_clip.mp4", kRowsOnly);
  const Places truth = read_places(folder / "sleap_clip_gt_points.csv", 0, 1, 4, 5, -1);
  std::map<std::string, std::string> last;
  int points = 0, found = 0, switches = 0;
  for (const auto& frame : truth) {
    const auto seen = tracks.find(frame.first);
    for (const auto& animal : frame.second) {
      ++points;
      if (seen == tracks.end()) continue;
      const std::string id = nearest(seen->second, animal.second);
      if (distance(seen->second.at(id), animal.second) > 60) continue;
      ++found;
      if (last.count(animal.first) != 0 && last[animal.first] != id) ++switches;
      last[animal.first] = id;
    }
  }
  std::cout << found << " of " << points << " points found, " << switches << " identity switches\n";
  EXPECT_EQ(points, 3000);
  EXPECT_GE(found, 0.99 * points);
  EXPECT_EQ(switches, 0);
  EXPECT_NE(last["1"], last["2"]);
}

TEST_F(Recordings, FallingBall) {
  FLASHCELL_NEEDS_DATA("highspeed/ball_12bit.mraw");
  const Places tracks = track(test::data_dir() / "highspeed/ball_12bit.mraw", example("falling_ball.toml"));
  double n = 0, sum_t = 0, sum_y = 0, sum_tt = 0, sum_ty = 0;
  for (const auto& frame : tracks) {
    ASSERT_EQ(frame.second.size(), 1u);
    const double t = static_cast<double>(frame.first), y = frame.second.begin()->second.y;
    ++n;
    sum_t += t;
    sum_y += y;
    sum_tt += t * t;
    sum_ty += t * y;
  }
  ASSERT_GE(n, 10);
  const double slope = (n * sum_ty - sum_t * sum_y) / (n * sum_tt - sum_t * sum_t);
  const double start = (sum_y - slope * sum_t) / n;
  double squares = 0;
  for (const auto& frame : tracks) {
    const double off = frame.second.begin()->second.y - start - slope * static_cast<double>(frame.first);
    squares += off * off;
  }
  EXPECT_NEAR(slope, 2.6456, 0.005) << "px a frame";
  EXPECT_LE(std::sqrt(squares / n), 0.03) << "px";
}

/// Places by track, then by frame, drift taken off: the mean step of all tracks from one frame to the next, added up.
std::map<std::string, std::map<long, Place>> without_drift(const Places& places, size_t least_rows) {
  std::map<std::string, std::map<long, Place>> tracks;
  for (const auto& [frame, seen] : places) {
    for (const auto& [id, place] : seen) tracks[id][frame] = place;
  }
  std::erase_if(tracks, [least_rows](const auto& track) { return track.second.size() < least_rows; });
  std::map<long, Place> steps;
  std::map<long, double> counts;
  for (const auto& [id, track] : tracks) {
    for (const auto& [frame, place] : track) {
      const auto before = track.find(frame - 1);
      if (before == track.end()) continue;
      steps[frame].x += place.x - before->second.x;
      steps[frame].y += place.y - before->second.y;
      ++counts[frame];
    }
  }
  for (auto& [id, track] : tracks) {
    for (auto& [frame, place] : track) {
      for (const auto& [at, step] : steps) {
        if (at > frame) break;
        place.x -= step.x / counts[at];
        place.y -= step.y / counts[at];
      }
    }
  }
  return tracks;
}

/// Mean squared displacement at a lag of so many frames, over all tracks and pairs of frames.
double mean_squared_displacement(const std::map<std::string, std::map<long, Place>>& tracks, long lag) {
  double sum = 0, pairs = 0;
  for (const auto& [id, track] : tracks) {
    for (const auto& [frame, place] : track) {
      const auto later = track.find(frame + lag);
      if (later == track.end()) continue;
      const double step = distance(place, later->second);
      sum += step * step, ++pairs;
    }
  }
  return sum / pairs;
}

/// trackpy's walkthrough: particles of a micrometre in water, tracks of 25 frames and more, drift subtracted, the mean
/// squared displacement over lags of up to 100 frames fitted by A t^n: n = 1.08, A = 1.60 um^2 from 300 frames, 624
/// particles in the last of them. Here of the first 60 frames, in which trackpy finds 598 a frame.
TEST_F(Recordings, BrownianMotionAsTrackpyMeasuresIt) {
  FLASHCELL_NEEDS_DATA("video/trackpy_bulk_water_000-059.tar");
  fs::create_directories(folder());
  const std::string unpack = "tar xf '" + (test::data_dir() / "video/trackpy_bulk_water_000-059.tar").string() +
                             "' -C '" + folder().string() + "'";
  ASSERT_EQ(std::system(unpack.c_str()), 0);
  const Places places = track(folder() / "bulk_water", example("brownian.toml"));
  ASSERT_EQ(places.size(), 60u);
  double rows = 0;
  for (const auto& frame : places) rows += static_cast<double>(frame.second.size());

  // What was measured alone: places inside shared blobs are estimates.
  std::ifstream all(folder() / "tracks.csv");
  std::ofstream seen(folder() / "seen.csv");
  for (std::string line; std::getline(all, line);) {
    const bool is_row = !line.empty() && std::isdigit(static_cast<unsigned char>(line[0])) != 0;
    if (!is_row || line.find(",visible,") != std::string::npos) seen << line << '\n';
  }
  seen.close();
  const auto tracks = without_drift(read_tracks(folder() / "seen.csv"), 25);
  double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (long lag = 1; lag < 60; ++lag) {
    constexpr double kScale = 100.0 / 285, kFps = 24;
    const double x = std::log(static_cast<double>(lag) / kFps);
    const double y = std::log(kScale * kScale * mean_squared_displacement(tracks, lag));
    ++n, sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y;
  }
  const double power = (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
  const double factor = std::exp((sum_y - power * sum_x) / n);
  std::cout << rows / 60 << " particles a frame, " << tracks.size() << " tracks, n = " << power << ", A = " << factor
            << " um^2\n";
  EXPECT_NEAR(rows / 60, 624, 62.4);
  EXPECT_NEAR(power, 1.08, 0.108);
  EXPECT_NEAR(factor, 1.60, 0.16);
}

}  // namespace
}  // namespace flashcell
