// Rows are assembled once, for every sink alike; each sink that began is finished.
#include "pipeline/sink_group.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/host/sink/support.hpp"

namespace flashcell {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::row_at;

/// Notes what it is told, in order; fails where it is told to.
class NotingSink : public Sink {
 public:
  void begin(const RunInfo& run) override { text += "begin " + std::to_string(run.backfill_frames) + "\n"; }
  void write(const FrameResult& result) override {
    text += "frame " + std::to_string(result.frame->number) + "\n";
    if (result.frame->number == fail_at) throw Error(Fault::input, "no room");
  }
  void write_rows(std::span<const AssembledRow> rows) override {
    for (const AssembledRow& r : rows) text += std::to_string(r.row.frame) + ":" + std::to_string(r.row.id) + "\n";
    if (!rows.empty() && rows.back().row.frame == fail_at_row) throw Error(Fault::input, "no room for rows");
  }
  void finish(const RunSummary& summary) override { text += "finish " + summary.ending() + "\n"; }

  int64_t fail_at = -1, fail_at_row = -1;
  std::string text;
};

/// Track 2 is confirmed in frame 2 and was there from frame 0.
std::vector<OwnedResult> three_frames() {
  std::vector<OwnedResult> results;
  for (int64_t f = 0; f < 3; ++f) {
    results.push_back(blank_result(f));
    results.back().rows = {row_at(f, 3, 1, 1), row_at(f, 1, 1, 1)};
  }
  results[2].rows.push_back(row_at(2, 2, 1, 1));
  results[2].backfill = {row_at(0, 2, 1, 1), row_at(1, 2, 1, 1)};
  return results;
}

TEST(SinkGroup, EverySinkGetsTheSameRowsSortedAndTheSummary) {
  NotingSink a, b;
  RunInfo run = test::small_run();
  run.backfill_frames = 2;
  test::SinkRun sinks({&a, &b}, run);
  for (const OwnedResult& r : three_frames()) sinks.write(r);
  RunSummary summary;
  summary.end = RunEnd::interrupted;
  summary.frames = 3;
  sinks.finish(summary);
  EXPECT_EQ(a.text,
            "begin 2\nframe 0\nframe 1\nframe 2\n0:1\n0:2\n0:3\n1:1\n1:2\n1:3\n2:1\n2:2\n2:3\n"
            "finish interrupted, 3 frames\n");
  EXPECT_EQ(b.text, a.text);
}

TEST(SinkGroup, LiveRowsComeWithTheirFrame) {
  NotingSink sink;
  test::SinkRun sinks({&sink}, test::small_run());
  for (const OwnedResult& r : three_frames()) sinks.write(r);
  sinks.finish();
  EXPECT_EQ(sink.text, "begin 0\nframe 0\n0:1\n0:3\nframe 1\n1:1\n1:3\nframe 2\n2:1\n2:2\n2:3\nfinish complete\n");
}

TEST(SinkGroup, OneThatCannotTakeTheLastRowsIsFinishedAndTheOthersLearnOfIt) {
  NotingSink bad, good;
  bad.fail_at_row = 2;
  RunInfo run = test::small_run();
  run.backfill_frames = 10;
  test::SinkRun sinks({&bad, &good}, run);
  for (const OwnedResult& r : three_frames()) sinks.write(r);
  RunSummary summary;
  summary.frames = 3;
  EXPECT_THROW(sinks.finish(summary), Error);
  EXPECT_NE(bad.text.find("2:3\nfinish complete\n"), std::string::npos) << bad.text;
  EXPECT_NE(good.text.find("2:3\nfinish failed, 3 frames: no room for rows\n"), std::string::npos) << good.text;
}

TEST(SinkGroup, AfterAFailureTheRowsHeldBackStillArrive) {
  NotingSink good, bad;
  bad.fail_at = 1;
  RunInfo run = test::small_run();
  run.backfill_frames = 10;
  test::SinkRun sinks({&good, &bad}, run);
  const std::vector<OwnedResult> results = three_frames();
  sinks.write(results[0]);
  EXPECT_THROW(sinks.write(results[1]), Error);
  sinks.finish();
  EXPECT_EQ(good.text, "begin 10\nframe 0\nframe 1\n0:1\n0:3\n1:1\n1:3\nfinish complete\n");
}

}  // namespace
}  // namespace flashcell
