#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>

#include "base/error.hpp"
#include "host/sink/csv_sink.hpp"
#include "host/sink/hdf5_sink.hpp"
#include "host/sink/overlay_painter.hpp"
#include "host/sink/overlay_sink.hpp"
#include "host/sink/report_sink.hpp"
#include "host/sink/summary_sink.hpp"
#include "tests/host/sink/support.hpp"

namespace flashcell::host {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::row_at;
using test::TemporaryFolder;

bool differs(const cv::Mat& picture, int x, int y, int grey) {
  const cv::Vec3b v = picture.at<cv::Vec3b>(y, x);
  return std::abs(v[0] - grey) > 30 || std::abs(v[1] - grey) > 30 || std::abs(v[2] - grey) > 30;
}

RunInfo run_of(int width, int height) {
  RunInfo run = test::small_run();
  run.source.width = width;
  run.source.height = height;
  return run;
}

TEST(OverlayPainter, DrawsBoxesTrailsAndLeavesTheRest) {
  const RunInfo run = run_of(640, 480);
  OverlayPainter painter(run, 50, 1280);
  ASSERT_EQ(painter.size(), cv::Size(640, 508));
  OwnedResult result = blank_result(0, 640, 480, 90);
  cv::Mat picture;
  for (int64_t f = 0; f < 100; ++f) {
    result.frame.number = f;
    result.rows = {row_at(f, 3, 100.0 + 2.0 * static_cast<double>(f), 200)};
    painter.follow(result.view());
    picture = painter.paint(result.view(), "60x slower");
  }
  const int strip = OverlayPainter::kStripHeight;
  EXPECT_TRUE(differs(picture, 250, 200 + strip, 90)) << "trail, 24 frames ago";
  EXPECT_FALSE(differs(picture, 150, 200 + strip, 90)) << "trail, 74 frames ago, has faded";
  const int box_left = 298 - 5 - 1;  // just outside the box
  EXPECT_TRUE(differs(picture, box_left, 201 + strip, 90)) << "box";
  EXPECT_FALSE(differs(picture, 500, 400 + strip, 90)) << "empty part of the frame";
  EXPECT_TRUE(differs(picture, 635, 5, 90)) << "strip";
}

TEST(OverlayPainter, DrawsRegionsThinly) {
  RunInfo run = run_of(640, 480);
  run.regions = test::two_halves(640, 480);
  OverlayPainter painter(run, 50, 1280);
  const OwnedResult result = blank_result(0, 640, 480, 90);
  painter.follow(result.view());
  const cv::Mat& picture = painter.paint(result.view(), "");
  int lit = 0;
  for (int y = 20; y < 470; ++y) lit += differs(picture, 320, y + OverlayPainter::kStripHeight, 90);
  EXPECT_GT(lit, 440) << "the line between them";
  EXPECT_FALSE(differs(picture, 160, 240 + OverlayPainter::kStripHeight, 90)) << "inside";
  int name = 0;
  for (int y = 1; y < 14; ++y) {
    for (int x = 323; x < 350; ++x) name += differs(picture, x, y + OverlayPainter::kStripHeight, 90);
  }
  EXPECT_GT(name, 20);
}

TEST(OverlayPainter, PredictedIsDashed) {
  OverlayPainter painter(run_of(640, 480), 50, 1280);
  OwnedResult result = blank_result(0, 640, 480, 90);
  tracking::TrackRow row = row_at(0, 1, 300, 200);
  row.box = {200, 150, 200, 100};
  const auto lit_on_top_edge = [&](tracking::TrackState state) {
    row.state = state;
    result.rows = {row};
    painter.follow(result.view());
    const cv::Mat& picture = painter.paint(result.view(), "");
    int lit = 0;
    for (int x = 210; x < 390; ++x) {
      bool any = false;
      for (int y = 146; y < 151; ++y) any = any || differs(picture, x, y + OverlayPainter::kStripHeight, 90);
      lit += any;
    }
    return lit;
  };
  EXPECT_GT(lit_on_top_edge(tracking::TrackState::visible), 175);
  const int dashed = lit_on_top_edge(tracking::TrackState::predicted);
  EXPECT_GT(dashed, 60);
  EXPECT_LT(dashed, 150);
}

TEST(OverlayPainter, LabelsInACrowdLeaveObjectsFree) {
  const RunInfo run = run_of(640, 480);
  OverlayPainter painter(run, 5, 1280);
  OwnedResult result = blank_result(0, 640, 480, 90);
  // A block of objects 14 px apart, whose labels have no room beside them.
  for (uint32_t id = 1; id <= 100; ++id) {
    tracking::TrackRow row = row_at(0, 100 + id, 250 + 14.0 * (id % 10), 180 + 14.0 * ((id - 1) / 10));
    row.box = {row.x - 4, row.y - 4, 9, 9};
    row.spread = {};
    result.rows.push_back(row);
  }
  painter.follow(result.view());
  const cv::Mat& picture = painter.paint(result.view(), "");
  for (const tracking::TrackRow& row : result.rows) {
    for (int dy = -2; dy <= 2; ++dy) {
      for (int dx = -2; dx <= 2; ++dx) {
        const int x = static_cast<int>(row.x) + dx, y = static_cast<int>(row.y) + dy + OverlayPainter::kStripHeight;
        EXPECT_FALSE(differs(picture, x, y, 90)) << "object " << row.id << " is hidden at " << dx << ", " << dy;
      }
    }
  }
}

TEST(OverlayPainter, ScalesSmallAndLargeFrames) {
  EXPECT_EQ(OverlayPainter(run_of(64, 48), 5, 1280).size(), cv::Size(640, 480 + OverlayPainter::kStripHeight));
  EXPECT_EQ(OverlayPainter(run_of(4096, 4096), 5, 1280).size(), cv::Size(1280, 1280 + OverlayPainter::kStripHeight));
  const cv::Size odd = OverlayPainter(run_of(701, 333), 5, 1280).size();
  EXPECT_EQ(odd, cv::Size(702, 362));
  EXPECT_EQ(OverlayPainter(run_of(1, 1), 5, 1280).size().width % 2, 0);
}

TEST(OverlayPainter, TakesEveryPixelFormat) {
  const std::map<PixelFormat, cv::Vec3b> expected = {{PixelFormat::grey8, {200, 200, 200}},
                                                     {PixelFormat::grey16, {128, 128, 128}},
                                                     {PixelFormat::rgb8, {200, 100, 50}},
                                                     {PixelFormat::bgr8, {50, 100, 200}}};
  for (const auto& entry : expected) {
    RunInfo run = run_of(700, 100);
    run.source.significant_bits = 12;
    OverlayPainter painter(run, 5, 1280);
    OwnedResult result = blank_result(0);
    const int bytes = bytes_per_pixel(entry.first);
    result.frame.storage.resize(static_cast<size_t>(700 * 100 * bytes));
    for (size_t i = 0; i < result.frame.storage.size(); i += static_cast<size_t>(bytes)) {
      const uint8_t colour[] = {50, 100, 200};
      const uint16_t half = 2056;
      if (entry.first == PixelFormat::grey8) result.frame.storage[i] = 200;
      if (entry.first == PixelFormat::grey16) std::memcpy(&result.frame.storage[i], &half, 2);
      if (bytes == 3) std::memcpy(&result.frame.storage[i], colour, 3);
    }
    result.frame.view = {result.frame.storage.data(), 700, 100, 700 * bytes, entry.first};
    const cv::Vec3b got = painter.paint(result.view(), "").at<cv::Vec3b>(80, 350);
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(got[c], entry.second[c], 1) << static_cast<int>(entry.first);
  }
}

struct VideoRun {
  std::filesystem::path path;
  std::vector<std::string> warnings;
};

VideoRun make_video(const std::filesystem::path& path, int64_t frames, OverlayOptions options) {
  VideoRun run{path, {}};
  options.warn = [&](const std::string& line) { run.warnings.push_back(line); };
  const std::unique_ptr<Sink> sink = make_overlay_sink(path, options);
  RunInfo info = run_of(512, 384);
  info.classes = {"ant", "fly"};
  test::SinkRun sinks({sink.get()}, info);
  OwnedResult result = blank_result(0, 512, 384, 70);
  for (int64_t f = 0; f < frames; ++f) {
    result.frame.number = f;
    result.rows.clear();
    for (uint32_t id = 1; id <= 8; ++id) {
      const double phase = 0.8 * id + 0.02 * static_cast<double>(f);
      result.rows.push_back(row_at(f, id, 256 + 20.0 * id * std::cos(phase), 192 + 20.0 * id * std::sin(phase)));
      tracking::TrackRow& row = result.rows.back();
      row.box = {row.x - 12, row.y - 8, 25, 17};
      row.spread = test::spread_of(25, 14, 0.3);
      row.class_id = static_cast<int>(id % 3) - 1;
      if (id == 4) row.state = tracking::TrackState::predicted;
      if (id == 5) row.state = tracking::TrackState::merged;
    }
    sinks.write(result);
  }
  sinks.finish();
  return run;
}

int decoded_frames(const std::filesystem::path& path) {
  cv::VideoCapture video(path.string());
  cv::Mat frame;
  int frames = 0;
  while (video.read(frame)) ++frames;
  return frames;
}

TEST(OverlaySink, VideoHasTheFramesAskedFor) {
  const TemporaryFolder folder;
  const char* keep = std::getenv("FLASHCELL_KEEP");
  const VideoRun run =
      make_video(keep != nullptr ? std::filesystem::path(keep) / "overlay.mp4" : folder / "overlay.mp4", 100,
                 {.every = 4, .max_frames = 20});
  ASSERT_EQ(run.warnings.size(), 1u);
  if (!std::filesystem::exists(run.path)) GTEST_SKIP() << run.warnings[0];
  EXPECT_NE(run.warnings[0].find("20 video frames"), std::string::npos) << run.warnings[0];
  cv::VideoCapture video(run.path.string());
  ASSERT_TRUE(video.isOpened());
  EXPECT_NEAR(video.get(cv::CAP_PROP_FPS), 30, 0.01);
  EXPECT_EQ(decoded_frames(run.path), 20);
}

TEST(OverlaySink, NoLimitMeansNone) {
  const TemporaryFolder folder;
  const VideoRun run = make_video(folder / "overlay.mp4", 40, {.max_frames = 0});
  EXPECT_TRUE(run.warnings.empty());
  EXPECT_EQ(decoded_frames(run.path), 40);
}

TEST(OverlaySink, ARecordingOfJustTheLimitIsNotCutShort) {
  const TemporaryFolder folder;
  const VideoRun run = make_video(folder / "overlay.mp4", 40, {.every = 2, .max_frames = 20});
  EXPECT_TRUE(run.warnings.empty());
  EXPECT_EQ(decoded_frames(run.path), 20);
}

TEST(OverlaySink, ShowsTheWholeRecordingOrThirtyPicturesASecond) {
  EXPECT_EQ(overlay_step(10, 795), 1);
  EXPECT_EQ(overlay_step(30, 18'000), 1);
  EXPECT_EQ(overlay_step(30'000, 15), 1);
  EXPECT_EQ(overlay_step(2000, 10'000), 12);
  EXPECT_EQ(overlay_step(2000, 1'000'000), 67);
  EXPECT_EQ(overlay_step(2000, std::nullopt), 67);
}

TEST(OverlaySink, ALiveRunNeverWaitsForPictures) {
  const TemporaryFolder folder;
  const VideoRun run = make_video(folder / "overlay.mp4", 400, {.max_frames = 0, .live = true});
  EXPECT_TRUE(run.warnings.empty());
  const int drawn = decoded_frames(run.path);
  EXPECT_GE(drawn, 1);
  EXPECT_LE(drawn, 400);
}

TEST(OverlaySink, AFileThatCannotBeMadeIsAnError) {
  EXPECT_THROW(make_video("/nonexistent/folder/overlay.mp4", 3, {}), Error);
}

TEST(OverlaySink, TheSameFramesAreTheSameBytes) {
  const TemporaryFolder folder;
  make_video(folder / "a.mp4", 70, {});
  make_video(folder / "b.mp4", 70, {});
  EXPECT_TRUE(test::read_text(folder / "a.mp4") == test::read_text(folder / "b.mp4"));
}

/// Frames in the whole fragments of a file (ISO/IEC 14496-12: moof boxes, each with its mdat, hold the samples that
/// trun boxes count); the bytes after the last one.
struct Fragments {
  int frames = 0;
  size_t rest = 0;
};

uint32_t word(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

Fragments fragments_of(const std::string& file) {
  Fragments found;
  size_t at = 0;
  int samples = 0;
  while (at + 8 <= file.size()) {
    const size_t size = word(file, at);
    const std::string kind = file.substr(at + 4, 4);
    if (size < 8 || at + size > file.size()) break;
    if (kind == "moof") {
      const size_t run = file.find("trun", at);
      EXPECT_LT(run, at + size);
      samples = static_cast<int>(word(file, run + 8));
    }
    at += size;
    if (kind == "mdat") found.frames += samples;
  }
  found.rest = file.size() - at;
  return found;
}

TEST(OverlaySink, AKilledRunLeavesAVideoThatPlays) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "overlay.mp4";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    make_video(path, int64_t{1} << 40, {.max_frames = 0});
    ::_exit(0);
  }
  for (int i = 0; i < 6000 && (!std::filesystem::exists(path) || std::filesystem::file_size(path) < 600000); ++i)
    ::usleep(10000);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const Fragments fragments = fragments_of(test::read_text(path));
  EXPECT_GE(fragments.frames, 30);
  EXPECT_GE(decoded_frames(path), fragments.frames);
}

TEST(OverlaySink, AFullDiskIsOneClearErrorAndTheVideoPlays) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "overlay.mp4", message = folder / "message";
  constexpr rlim_t kLimit = 500'000;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{kLimit, kLimit};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int code = 0;
    try {
      make_video(path, 100'000, {.max_frames = 0});
    } catch (const Error& e) {
      std::ofstream(message) << e.what();
      code = static_cast<int>(e.fault());
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  const std::string line = test::read_text(message);
  EXPECT_NE(line.find("overlay.mp4"), std::string::npos) << line;
  EXPECT_NE(line.find("free some space"), std::string::npos) << line;
  const Fragments fragments = fragments_of(test::read_text(path));
  EXPECT_EQ(fragments.rest, 0u) << "whole fragments only";
  EXPECT_GE(fragments.frames, 30);
  EXPECT_EQ(decoded_frames(path), fragments.frames);
}

TEST(OverlayPainter, TheClockTellsNeighbouringFramesApart) {
  RunInfo run = run_of(640, 480);
  run.fps = 90'000;
  OverlayPainter painter(run, 5, 1280);
  OwnedResult result = blank_result(0, 640, 480, 90);
  const auto clock_at = [&](double time_s) {
    FrameResult view = result.view();
    view.time_s = time_s;
    return painter.paint(view, "")(cv::Rect(0, 0, 640, OverlayPainter::kStripHeight)).clone();
  };
  const cv::Mat first = clock_at(100 / 90e3), second = clock_at(101 / 90e3);
  EXPECT_GT(cv::norm(first, second, cv::NORM_INF), 0) << "the frame number stands still here, time goes on";
}

TEST(EverySink, TakesARunWithoutFramesAndFramesWithoutRows) {
  for (const int64_t frames : {0, 3}) {
    const TemporaryFolder folder;
    RunSummary summary;
    std::vector<std::unique_ptr<Sink>> every;
    every.push_back(make_csv_sink(folder / "tracks.csv"));
    every.push_back(make_mot_sink(folder / "tracks.txt"));
    every.push_back(make_hdf5_sink(folder / "tracks.h5"));
    every.push_back(make_summary_sink(folder / "summary.json"));
    every.push_back(make_report_sink([&](const std::string& name) { return folder / name; }));
    every.push_back(make_overlay_sink(folder / "overlay.mp4"));
    std::vector<Sink*> list;
    for (const auto& sink : every) list.push_back(sink.get());
    RunInfo run = test::small_run();
    run.backfill_frames = 4;
    test::SinkRun sinks(list, run);
    for (int64_t f = 0; f < frames; ++f) {
      summary.count_objects({}, {});
      sinks.write(blank_result(f));
    }
    sinks.finish(summary);
    for (const char* name : {"tracks.csv", "summary.json", "report.html", "tracks.h5"}) {
      EXPECT_GT(std::filesystem::file_size(folder / name), 100u) << name << ", " << frames << " frames";
    }
    EXPECT_EQ(std::filesystem::file_size(folder / "tracks.txt"), 0u);
    const std::string csv = test::read_text(folder / "tracks.csv");
    EXPECT_NE(csv.find("\nframe,id,state,"), std::string::npos);
    EXPECT_EQ(csv.back(), '\n');
  }
}

}  // namespace
}  // namespace flashcell::host
