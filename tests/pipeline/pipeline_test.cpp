#include "pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "tests/pipeline/support.hpp"

namespace flashcell {
namespace {

using test::CountingSource;
using test::dropped;
using test::QueuedDevice;
using test::RecordingSink;
using test::Result;
using test::run;
using test::run_queued;
using test::what;

TEST(Pipeline, SameResultsForAnyNumberOfThreadsAndTokens) {
  std::string first;
  for (const int threads : {1, 2, 3, 8}) {
    for (const int tokens : {1, 2, 16}) {
      CountingSource source(200);
      RecordingSink sink;
      PipelineOptions options;
      options.threads = threads;
      options.frames_in_flight = tokens;
      const Result result = run(source, {&sink}, options, false, 20);
      ASSERT_EQ(what(result.error), "");
      EXPECT_EQ(result.summary.frames, 200u);
      EXPECT_EQ(result.summary.objects, 200u);
      EXPECT_EQ(result.summary.tracks, 1u);
      EXPECT_EQ(result.summary.dropped_frames(), 0u);
      if (first.empty()) first = sink.text;
      EXPECT_EQ(sink.text, first) << threads << " threads, " << tokens << " frames in flight";
    }
  }
}

/// Names the object by its frame's number; takes longer for some, so that workers get out of step.
class NumberNamer : public Namer {
 public:
  void name(const Frame& frame, ObjectTable& table) override {
    std::this_thread::sleep_for(std::chrono::microseconds(10 * (frame.view.data[0] % 4)));
    table.names.resize(table.objects.size());
    for (tracking::ClassBelief& name : table.names) {
      name = {};
      name.classes = 2;
      name.best = frame.view.data[0] % 5 == 0;
      name.log_weight[static_cast<size_t>(1 - name.best)] = -2;
    }
  }
};

/// Writes down the classes of objects and tracks.
class ClassSink : public Sink {
 public:
  void begin(const RunInfo&) override {}
  void write(const FrameResult& result) override {
    for (const tracking::ClassBelief& name : result.table->names) text += 'a' + static_cast<char>(name.best);
    for (const tracking::TrackRow& row : result.rows)
      text += ' ' + std::to_string(row.class_id) + ' ' + std::to_string(row.class_confidence) + '\n';
  }
  void finish(const RunSummary&) override {}
  std::string text;
};

TEST(Pipeline, NamesReachTracksTheSameForAnyDeviceAndThreads) {
  std::string first;
  const auto check = [&first](const Result& result, const ClassSink& sink) {
    ASSERT_EQ(what(result.error), "");
    ASSERT_EQ(result.summary.stages.size(), 7u);
    EXPECT_EQ(result.summary.stages[2].name, "name");
    EXPECT_EQ(result.summary.stages[2].latency.count(), 120u);
    if (first.empty()) first = sink.text;
    EXPECT_EQ(sink.text, first);
  };
  PipelineOptions options;
  options.make_namer = [] { return std::make_unique<NumberNamer>(); };
  for (const int threads : {1, 2, 8}) {
    options.threads = threads;
    for (const bool in_order : {false, true}) {
      CountingSource source(120);
      ClassSink sink;
      check(run(source, {&sink}, options, in_order, 20), sink);
    }
    CountingSource source(120);
    ClassSink sink;
    check(run_queued(source, sink, options, new QueuedDevice(5)), sink);
  }
  EXPECT_EQ(std::count(first.begin(), first.end(), 'b'), 24);
  EXPECT_NE(first.find(" 0 "), std::string::npos);
}

/// Has no records: says itself what the tracker is to see, each with its frame's own confidence.
class ListingDevice : public Device {
 public:
  std::string name() const override { return "listing"; }
  bool in_order() const override { return false; }
  void process(const Frame& frame, ObjectTable& table) override {
    std::this_thread::sleep_for(std::chrono::microseconds(20 * (frame.number % 3)));
    table.clear();
    if (frame.number % 7 == 6) return;
    tracking::Detection box;
    box.x = 10.25 + static_cast<double>(frame.number);
    box.y = 20.5;
    box.box = {box.x - 5, box.y - 5, 10, 10};
    box.area = 100;
    box.confidence = frame.number < 50 ? 0.25F : 0.75F;
    table.detections.push_back(box);
    table.summary.objects = 1;
  }
};

TEST(Pipeline, ADevicesOwnDetectionsAreWhatTheTrackerSees) {
  std::string first;
  for (const int threads : {1, 4}) {
    CountingSource source(100);
    RecordingSink sink;
    RunInfo info;
    info.source = source.info();
    PipelineOptions options;
    options.fps = source.info().fps;
    options.threads = threads;
    tracking::TrackerParameters parameters;
    parameters.min_confidence = 0.5;
    tracking::Tracker tracker(parameters, options.fps);
    RunSummary summary;
    const auto error = run_pipeline(
        source, [] { return std::make_unique<ListingDevice>(); }, tracker, {&sink}, info, options, summary);
    EXPECT_EQ(what(error), "");
    EXPECT_EQ(summary.objects, 86u);
    EXPECT_EQ(summary.tracks, 1u);
    EXPECT_EQ(sink.text.find("\n50 "), std::string::npos) << "confirmed at its second sighting, not before frame 51";
    EXPECT_NE(sink.text.find("\n51 1 61.25"), std::string::npos) << sink.text;
    if (first.empty()) first = sink.text;
    EXPECT_EQ(sink.text, first);
  }
}

TEST(Pipeline, ANamerThatFailsEndsTheRun) {
  class Failing : public Namer {
    void name(const Frame&, ObjectTable&) override { throw Error(Fault::input, "no network"); }
  };
  CountingSource source(100);
  RecordingSink sink;
  PipelineOptions options;
  options.make_namer = [] { return std::make_unique<Failing>(); };
  EXPECT_EQ(what(run(source, {&sink}, options).error), "no network");
  EXPECT_EQ(sink.finished, 1);
}

TEST(Pipeline, AnInOrderDeviceSeesEveryFrameInOrder) {
  CountingSource source(300);
  RecordingSink sink;
  PipelineOptions options;
  options.threads = 4;
  EXPECT_EQ(what(run(source, {&sink}, options, true).error), "");
  EXPECT_EQ(sink.frames.size(), 300u);
}

TEST(Pipeline, DamagedInputStillDeliversEveryFrameBeforeIt) {
  CountingSource source(100);
  source.fail_at = 37;
  RecordingSink sink;
  const Result result = run(source, {&sink}, {});
  EXPECT_EQ(what(result.error), "damaged at frame 37");
  EXPECT_EQ(sink.frames.size(), 37u);
  EXPECT_EQ(sink.finished, 1);
  EXPECT_EQ(result.summary.frames, 37u);
}

TEST(Pipeline, ASinkThatFailsEndsTheRunAndTheOthersAreFinished) {
  CountingSource source(1000);
  RecordingSink good, bad;
  bad.fail_after = 5;
  const Result result = run(source, {&good, &bad}, {});
  EXPECT_EQ(what(result.error), "disk full");
  EXPECT_EQ(good.finished, 1);
  EXPECT_EQ(good.frames.size(), 5u);
}

TEST(Pipeline, GapsInTheRecordingAreCounted) {
  CountingSource source(50);
  source.gap_at = 20;
  source.gap = 3;
  RecordingSink sink;
  const Result result = run(source, {&sink}, {});
  EXPECT_EQ(dropped(result.summary, "missing in the recording"), 3u);
  EXPECT_EQ(sink.frames.back(), 52);
}

TEST(Pipeline, ZeroFramesIsAnEmptyRun) {
  CountingSource source(0);
  RecordingSink sink;
  const Result result = run(source, {&sink}, {});
  EXPECT_EQ(what(result.error), "");
  EXPECT_EQ(sink.text, "begin\nfinish\n");
  EXPECT_EQ(result.summary.frames, 0u);
}

TEST(Pipeline, StopEndsTheRunEarlyAndWhole) {
  CountingSource source(1'000'000);
  RecordingSink sink;
  std::atomic<bool> stop{false};
  PipelineOptions options;
  options.stop = &stop;
  options.progress = [&](int64_t frames, int64_t) { stop = frames >= 10; };
  const Result result = run(source, {&sink}, options);
  EXPECT_EQ(what(result.error), "");
  EXPECT_GE(sink.frames.size(), 10u);
  EXPECT_LT(sink.frames.size(), 1'000'000u);
  EXPECT_EQ(sink.finished, 1);
}

TEST(Pipeline, SaysHowItEnded) {
  {
    CountingSource source(30);
    RecordingSink sink;
    EXPECT_EQ(run(source, {&sink}, {}).summary.ending(), "complete");
  }
  {
    CountingSource source(30);
    source.fail_at = 7;
    RecordingSink sink;
    const RunSummary summary = run(source, {&sink}, {}).summary;
    EXPECT_EQ(summary.end, RunEnd::failed);
    EXPECT_EQ(summary.ending(), "failed, 7 frames: damaged at frame 7");
  }
  {
    CountingSource source(1'000'000);
    source.frame_count = 1'000'000;
    RecordingSink sink;
    std::atomic<bool> stop{false};
    PipelineOptions options;
    options.stop = &stop;
    options.progress = [&](int64_t, int64_t) { stop = true; };
    const RunSummary summary = run(source, {&sink}, options).summary;
    EXPECT_EQ(summary.ending(), "interrupted, " + std::to_string(summary.frames) + " of 1000000 frames");
  }
  {
    CountingSource source(30);
    source.frame_count = 30;
    RecordingSink sink;
    std::atomic<bool> stop{false};
    PipelineOptions options;
    options.stop = &stop;
    options.progress = [&](int64_t frames, int64_t) { stop = frames == 30; };
    EXPECT_EQ(run(source, {&sink}, options).summary.ending(), "complete") << "asked too late";
  }
}

TEST(Pipeline, ASinkThatCannotFinishIsKnownToThoseAfterIt) {
  class Unfinished : public RecordingSink {
    void finish(const RunSummary&) override { throw Error(Fault::input, "no room for the end"); }
  } bad;
  CountingSource source(10);
  RecordingSink good;
  const Result result = run(source, {&bad, &good}, {});
  EXPECT_EQ(what(result.error), "no room for the end");
  EXPECT_EQ(result.summary.end, RunEnd::failed);
  EXPECT_EQ(good.finished, 1);
}

}  // namespace
}  // namespace flashcell
