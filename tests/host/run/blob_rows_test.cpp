// What rows say of blobs, on real recordings.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "host/run/run.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

/// Counts what each row claims to have been seen in.
class BlobSink : public Sink {
 public:
  struct Blob {
    int rows = 0, merged = 0;
  };
  struct Seen {
    size_t objects = 0;
    int rows = 0, predicted = 0;
    std::map<int32_t, Blob> blobs;
  };

  void begin(const RunInfo&) override {}
  void write(const FrameResult& result) override {
    frames[result.frame->number].objects = result.table->detections.size();
    for (const tracking::TrackRow& row : result.rows) take(row);
    for (const tracking::TrackRow& row : result.backfill) take(row);
  }
  void finish(const RunSummary&) override {}

  std::map<int64_t, Seen> frames;

 private:
  void take(const tracking::TrackRow& row) {
    Seen& seen = frames[row.frame];
    ++seen.rows;
    seen.predicted += row.state == tracking::TrackState::predicted;
    if (row.detection < 0) return;
    Blob& blob = seen.blobs[row.detection];
    ++blob.rows;
    blob.merged += row.state == tracking::TrackState::merged;
  }
};

void expect_true_rows(const fs::path& recording, const std::map<std::string, std::string>& keys = {}) {
  if (recording.string().rfind("synth:", 0) != 0) FLASHCELL_NEEDS_FILE(recording);
  Config config;
  config.input.frames = 400;
  config.input.fps = 25;
  for (const auto& [key, value] : keys) set_config_key(key, value, config);
  BlobSink sink;
  RunOptions options;
  options.sinks = {&sink};
  RunObserver observer;
  const RunOutcome outcome = run({recording.string(), ""}, config, options, observer);
  ASSERT_EQ(outcome.error, nullptr);
  size_t rows = 0;
  for (const auto& [number, frame] : sink.frames) {
    int hidden = 0;
    for (const auto& [index, blob] : frame.blobs) {
      EXPECT_TRUE(blob.merged == 0 || blob.rows >= 2) << "alone, called merged: frame " << number << ", blob " << index;
      EXPECT_LE(blob.rows - blob.merged, 1) << "one blob measured as several: frame " << number << ", blob " << index;
      hidden += blob.rows - 1;
    }
    EXPECT_LE(static_cast<size_t>(frame.rows - hidden - frame.predicted), frame.objects) << "frame " << number;
    rows += static_cast<size_t>(frame.rows);
  }
  EXPECT_GT(rows, 100u);
}

TEST(BlobRows, PeopleInAYard) {
  expect_true_rows(test::build_dir() / "data/demo/vtest.avi");
}
TEST(BlobRows, Cars) {
  expect_true_rows(test::data_dir() / "video/bgs_video02.avi", {{"track.confirm_ms", "200"}});
}
TEST(BlobRows, CourtingFlies) {
  expect_true_rows(test::data_dir() / "video/sleap_clip.mp4");
}
TEST(BlobRows, Spiders) {
  expect_true_rows(test::data_dir() / "video/tracktor_spider.mp4", {{"input.frames", "200"}});
}
TEST(BlobRows, PolygonsBehindOccluders) {
  expect_true_rows("synth:polygons?objects=20&size=512x512&fps=500&frames=300&seed=1&occluders=3&crossing=on");
}

}  // namespace
}  // namespace flashcell::host
