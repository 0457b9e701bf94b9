#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/sink.hpp"
#include "pipeline/sink_group.hpp"

namespace flashcell::test {

/// A folder of this test's own, removed with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() / (std::string("flashcell_") + test->test_suite_name() + "_" +
                                                      test->name() + "_" + std::to_string(::getpid()));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// One frame's result with the storage that FrameResult only points to; at 2000 frames/s.
struct OwnedResult {
  Frame frame;
  ObjectTable table;
  std::vector<tracking::TrackRow> rows, backfill;
  int64_t done_ns = 0;

  FrameResult view() const {
    return {&frame, &table, rows, backfill, done_ns, 5e-4 * static_cast<double>(frame.number)};
  }
};

/// Does with sinks what the pipeline does.
class SinkRun {
 public:
  SinkRun(std::vector<Sink*> sinks, const RunInfo& run) : sinks_(std::move(sinks)), group_(sinks_) {
    group_.begin(run);
  }
  void write(const OwnedResult& result) { group_.write(result.view()); }
  void finish(RunSummary summary = {}) {
    std::exception_ptr error;
    group_.finish(summary, error);
    if (error) std::rethrow_exception(error);
  }

 private:
  const std::vector<Sink*> sinks_;
  SinkGroup group_;
};

/// Of an ellipse with these full axes, px, the major one turned so far against +x, rad.
inline tracking::Spread spread_of(double major, double minor, double turn) {
  const double a = major * major / 16, b = minor * minor / 16, c = std::cos(turn), s = std::sin(turn);
  return {a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c};
}

inline tracking::TrackRow row_at(int64_t frame, uint32_t id, double x, double y) {
  tracking::TrackRow row;
  row.frame = frame;
  row.id = id;
  row.x = x;
  row.y = y;
  row.box = {x - 4.5, y - 2.5, 10, 6};
  row.area = 47;
  row.spread = spread_of(10, 6, 0);
  return row;
}

/// The picture's left half "=left, 1" and its right half "right", for two and any number of objects; the last row of
/// pixels is in none.
inline std::shared_ptr<const tracking::RegionMap> two_halves(int width = 64, int height = 48) {
  std::vector<uint16_t> pixels(static_cast<size_t>(width) * static_cast<size_t>(height));
  for (int i = 0; i < width * (height - 1); ++i) pixels[static_cast<size_t>(i)] = i % width < width / 2 ? 1 : 2;
  const double right = width, bottom = height - 1, middle = 0.5 * width;
  return std::make_shared<tracking::RegionMap>(
      width, height,
      std::vector<tracking::NamedRegion>{{"=left, 1", {2, 2}, {{0, 0}, {middle, 0}, {middle, bottom}, {0, bottom}}},
                                         {"right", {}, {{middle, 0}, {right, 0}, {right, bottom}, {middle, bottom}}}},
      pixels);
}

/// A grey frame of one value, with its pixels in `storage`.
inline OwnedResult blank_result(int64_t number, int width = 64, int height = 48, uint8_t grey = 30) {
  OwnedResult result;
  result.frame.storage.assign(static_cast<size_t>(width) * static_cast<size_t>(height), grey);
  result.frame.view = {result.frame.storage.data(), width, height, width, PixelFormat::grey8};
  result.frame.number = number;
  result.frame.arrival_ns = 1000 * number + 500;
  result.done_ns = 1000 * number + 900;
  return result;
}

inline RunInfo small_run() {
  RunInfo run;
  run.source.name = "test.mraw";
  run.source.width = 64;
  run.source.height = 48;
  run.source.fps = 2000;
  run.fps = 2000;
  return run;
}

}  // namespace flashcell::test
