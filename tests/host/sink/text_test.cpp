#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <limits>
#include <locale>
#include <random>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "host/sink/csv_sink.hpp"
#include "host/sink/line_file.hpp"
#include "host/sink/number_text.hpp"
#include "host/sink/track_columns.hpp"
#include "tests/host/sink/support.hpp"

namespace flashcell::host {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::read_text;
using test::row_at;
using test::TemporaryFolder;

std::string fixed4(double v) {
  std::string out;
  append_fixed<4>(out, v);
  return out;
}

TEST(NumberText, EqualsPrintf) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100000; ++i) {
    const double v =
        (static_cast<double>(random() >> 11) * 0x1p-53 - 0.5) * std::pow(10.0, static_cast<int>(random() % 8));
    char expected[64];
    std::snprintf(expected, sizeof expected, "%.4f", v);
    // Scaling may round a near-tie the other way: at most one unit in the last place.
    if (fixed4(v) != expected) {
      EXPECT_NEAR(std::stod(fixed4(v)), v, 0.5001e-4) << expected;
    }
  }
  EXPECT_EQ(fixed4(0), "0.0000");
  EXPECT_EQ(fixed4(-0.00001), "0.0000");
  EXPECT_EQ(fixed4(-0.5), "-0.5000");
  EXPECT_EQ(fixed4(1.00005), "1.0001");
  EXPECT_EQ(fixed4(511.9999), "511.9999");
  EXPECT_EQ(fixed4(3e12), "3000000000000.0000");
  EXPECT_EQ(fixed4(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(fixed4(-std::numeric_limits<double>::infinity()), "-Inf");
}

std::string run_csv(const std::filesystem::path& path, const RunInfo& run, const std::vector<OwnedResult>& results,
                    CsvOptions options) {
  const std::unique_ptr<Sink> sink = make_csv_sink(path, options);
  test::SinkRun sinks({sink.get()}, run);
  for (const OwnedResult& r : results) sinks.write(r);
  sinks.finish();
  return read_text(path);
}

TEST(CsvSink, FullFileToTheLetter) {
  const TemporaryFolder folder;
  RunInfo run = test::small_run();
  run.world = WorldMap::scaled("mm", 0.05);
  run.features = contract::kFeatureIntensity;
  run.classes = {"ant", "fly, large"};
  run.colour_classes = {"red"};
  OwnedResult first = blank_result(0), second = blank_result(1);
  first.frame.device_time_ns = 500000;
  second.frame.device_time_ns = 1000000;
  first.table.detections.resize(1);
  first.table.detections[0].mean_grey = 101.5;
  tracking::TrackRow late = row_at(0, 1, 10.25, 20.5), live = row_at(1, 1, 11.25, 20.0), other = row_at(1, 2, 30, 40);
  late.detection = 0;
  late.class_id = 1;
  late.class_confidence = 0.875f;
  live.state = tracking::TrackState::predicted;
  live.vx = 2000;
  live.vy = -1000.125;
  live.spread = test::spread_of(10, 6, -0.5);
  other.state = tracking::TrackState::merged;
  other.colour_class = 5;
  second.rows = {live, other};
  second.backfill = {late};
  run.backfill_frames = 10;
  const std::string text = run_csv(folder / "tracks.csv", run, {first, second}, {});
  const size_t table = text.find("\nframe,") + 1;
  EXPECT_EQ(text.substr(table),
            "frame,id,state,time_s,x,y,vx,vy,left,top,width,height,area,orientation,major,minor,colour,class,"
            "class_confidence,device_time_ns,host_time_ns,mean_grey,x_mm,y_mm,vx_mm_per_s,vy_mm_per_s,area_mm2\n"
            "0,1,visible,0.000000000,10.2500,20.5000,0.00,0.00,5.75,18.00,10.00,6.00,47.00,0.00000,10.000,6.000,red,"
            "\"fly, large\",0.875,"
            "500000,500,101.500,0.5125,1.025,0,0,0.1175\n"
            "1,1,predicted,0.000500000,11.2500,20.0000,2000.00,-1000.13,6.75,17.50,10.00,6.00,47.00,-0.50000,10.000,6."
            "000,red,unknown,0."
            "000,"
            "1000000,1500,NaN,0.5625,1,100,-50.00625,0.1175\n"
            "1,2,merged,0.000500000,30.0000,40.0000,0.00,0.00,25.50,37.50,10.00,6.00,47.00,0.00000,10.000,6.000,"
            "unknown,unknown,0.000,"
            "1000000,1500,NaN,1.5,2,0,0,0.1175\n");
  const std::string header = text.substr(0, table);
  EXPECT_EQ(header.rfind("# flashcell ", 0), 0u);
  for (const char* line : {"# source: test.mraw\n", "# fps: 2000 frames/s\n", "# frame size: 64 x 48 px\n",
                           "# unit: mm; 1 px = 0.05 mm; lengths are in px where their column does not name the unit\n",
                           "# vx_mm_per_s [mm/s]: vx times units_per_pixel\n", "# vx [px/s]: velocity, right\n",
                           "# device_time_ns [ns]: the camera's time stamp of the frame\n"}) {
    EXPECT_NE(header.find(line), std::string::npos) << line;
  }
  size_t at = 0;
  while (at < header.size()) {  // every line above the names is a comment
    EXPECT_EQ(header[at], '#');
    at = header.find('\n', at) + 1;
  }
}

TEST(CsvSink, LeavesOutWhatTheRunDoesNotHave) {
  const TemporaryFolder folder;
  OwnedResult result = blank_result(3);
  result.rows = {row_at(3, 1, 1, 2)};
  EXPECT_EQ(run_csv(folder / "tracks.csv", test::small_run(), {result}, {.host_time = false, .header_comments = false}),
            "frame,id,state,time_s,x,y,vx,vy,left,top,width,height,area,orientation,major,minor\n"
            "3,1,visible,0.001500000,1.0000,2.0000,0.00,0.00,-3.50,-0.50,10.00,6.00,47.00,0.00000,10.000,6.000\n");
}

TEST(CsvSink, RowsSayInWhichRegionTheyAre) {
  const TemporaryFolder folder;
  RunInfo run = test::small_run();
  run.regions = test::two_halves();
  OwnedResult result = blank_result(3);
  result.rows = {row_at(3, 1, 31.4, 2), row_at(3, 2, 31.6, 2), row_at(3, 3, 1, 47), row_at(3, 4, -9, 4)};
  const std::string text =
      run_csv(folder / "tracks.csv", run, {result}, {.host_time = false, .header_comments = false});
  std::istringstream lines(text);
  std::vector<std::string> last;
  for (std::string line; std::getline(lines, line);) last.push_back(line);
  EXPECT_THAT(text, testing::HasSubstr(",minor,region\n"));
  ASSERT_EQ(last.size(), 5u);
  EXPECT_THAT(last[1], testing::EndsWith(",\"'=left, 1\"")) << "no formula";
  EXPECT_THAT(last[2], testing::EndsWith(",right"));
  EXPECT_THAT(last[3], testing::EndsWith(",none"));
  EXPECT_THAT(last[4], testing::EndsWith(",none")) << "outside of the picture";
}

struct GermanNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(CsvSink, IgnoresTheLocale) {
  const TemporaryFolder folder;
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new GermanNumbers));
  OwnedResult result = blank_result(0);
  result.rows = {row_at(0, 1, 1234.5, 2)};
  RunInfo run = test::small_run();
  run.fps = 1500.5;
  const std::string text = run_csv(folder / "tracks.csv", run, {result}, {});
  std::locale::global(before);
  EXPECT_NE(text.find("0,1,visible,0.000000000,1234.5000,2.0000,"), std::string::npos);
  EXPECT_NE(text.find("# fps: 1500.5 frames/s"), std::string::npos);
}

TEST(CsvSink, HeaderStaysOnItsLines) {
  const TemporaryFolder folder;
  RunInfo run = test::small_run();
  run.source.name = "evil\nname.mp4";
  const std::string text = run_csv(folder / "tracks.csv", run, {}, {});
  EXPECT_NE(text.find("# source: evil name.mp4\n"), std::string::npos);
}

TEST(CsvSink, FullDiskIsOneClearError) {
  const std::unique_ptr<Sink> sink = make_csv_sink("/dev/full");
  test::SinkRun sinks({sink.get()}, test::small_run());
  try {
    sinks.write(blank_result(0));
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::input);
    const std::string line = e.what();
    EXPECT_NE(line.find("/dev/full"), std::string::npos);
    EXPECT_NE(line.find("No space left"), std::string::npos);
    EXPECT_NE(line.find("free some space"), std::string::npos);
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
  EXPECT_NO_THROW(sinks.finish());
}

TEST(CsvSink, FolderThatIsNotThereIsAClearError) {
  EXPECT_THROW(make_csv_sink("/nonexistent/folder/tracks.csv"), Error);
}

void write_many_rows(const std::filesystem::path& path, int64_t frames) {
  const std::unique_ptr<Sink> sink = make_csv_sink(path, {.host_time = false});
  test::SinkRun sinks({sink.get()}, test::small_run());
  OwnedResult result = blank_result(0);
  for (int64_t f = 0; f < frames; ++f) {
    result.frame.number = f;
    result.rows = {row_at(f, 1, 1, 2), row_at(f, 2, 3, 4)};
    sinks.write(result);
  }
  sinks.finish();
}

void expect_whole_lines(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.back(), '\n');
  const size_t last = text.rfind('\n', text.size() - 2) + 1;
  const std::string line = text.substr(last);
  EXPECT_EQ(std::count(line.begin(), line.end(), ','), 15) << line;
  EXPECT_NE(line.find(",10.000,6.000\n"), std::string::npos) << line;
}

TEST(CsvSink, ARemovedFileIsAnError) {
  const TemporaryFolder folder;
  const std::unique_ptr<Sink> sink = make_csv_sink(folder / "tracks.csv");
  test::SinkRun sinks({sink.get()}, test::small_run());
  sinks.write(blank_result(0));
  std::filesystem::remove(folder / "tracks.csv");
  OwnedResult result = blank_result(1);
  result.rows = {row_at(1, 1, 1, 2)};
  EXPECT_THROW(
      {
        sinks.write(result);
        sinks.finish();
      },
      Error);
}

TEST(CsvSink, WhatFitsOnAFullDiskIsWholeLines) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "tracks.csv";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100001, 100001};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_many_rows(path, 100000);
    } catch (const Error&) {
      ::_exit(3);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_GT(std::filesystem::file_size(path), 99000u);
  expect_whole_lines(path);
}

// The system may stop a write between two pages of a killed program: at most the last line is cut.
TEST(CsvSink, KilledRunLeavesWholeLinesButPerhapsTheLast) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "tracks.csv";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    write_many_rows(path, int64_t{1} << 40);
    ::_exit(0);
  }
  for (int i = 0; i < 1000 && (!std::filesystem::exists(path) || std::filesystem::file_size(path) < 200000); ++i)
    ::usleep(5000);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_GT(std::filesystem::file_size(path), 100000u);
  std::filesystem::resize_file(path, read_text(path).rfind('\n') + 1);
  expect_whole_lines(path);
}

TEST(TrackColumns, EachIsWholeAndHasANameOfItsOwn) {
  RunInfo run = test::small_run();
  run.world = WorldMap::scaled("mm", 0.5);
  run.classes = run.colour_classes = {"a", "b"};
  run.features = contract::kFeatureIntensity;
  const std::vector<TrackColumn> columns = track_columns(run, true, true);
  EXPECT_EQ(columns.size(), 27U);
  AssembledRow row;
  row.row = row_at(3, 4, 5, 6);
  row.world = world_values(run.world, row.row);
  std::set<std::string> names;
  for (const TrackColumn& c : columns) {
    EXPECT_TRUE(names.insert(c.name).second) << c.name;
    EXPECT_FALSE(c.unit.empty() || c.meaning.empty() || c.number_unit.empty() || c.number_meaning.empty()) << c.name;
    ASSERT_NE(c.integer != nullptr, c.real != nullptr) << c.name;
    const bool stored_real = c.stored_as == StoredAs::float32 || c.stored_as == StoredAs::float64;
    EXPECT_EQ(stored_real, c.real != nullptr) << c.name;
    std::string text;
    c.append_to(text, row);
    EXPECT_FALSE(text.empty()) << c.name;
  }
  EXPECT_EQ(columns.back().real(row), 47 * 0.5 * 0.5);
}

TEST(MotSink, ToTheLetter) {
  const TemporaryFolder folder;
  OwnedResult first = blank_result(0), second = blank_result(1);
  second.rows = {row_at(1, 1, 10, 20), row_at(1, 2, 30.123, 40)};
  second.backfill = {row_at(0, 2, 29, 40)};
  const std::unique_ptr<Sink> sink = make_mot_sink(folder / "tracks.txt");
  RunInfo run = test::small_run();
  run.backfill_frames = 5;
  test::SinkRun sinks({sink.get()}, run);
  sinks.write(first);
  sinks.write(second);
  sinks.finish();
  EXPECT_EQ(read_text(folder / "tracks.txt"),
            "1,2,24.50,37.50,10.00,6.00,1,-1,-1,-1\n"
            "2,1,5.50,17.50,10.00,6.00,1,-1,-1,-1\n"
            "2,2,25.62,37.50,10.00,6.00,1,-1,-1,-1\n");
}

}  // namespace
}  // namespace flashcell::host
