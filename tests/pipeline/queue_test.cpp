// Devices with several frames in flight.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "pipeline/pipeline.hpp"
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

TEST(PipelineQueue, SameResultsForAnyDepthThreadsAndTokens) {
  CountingSource plain_source(150);
  RecordingSink plain;
  ASSERT_EQ(what(run(plain_source, {&plain}, {}).error), "");
  for (const int depth : {1, 2, 7, 200}) {
    for (const int threads : {1, 2, 4}) {
      for (const int tokens : {1, 3}) {
        CountingSource source(150);
        RecordingSink sink;
        PipelineOptions options;
        options.threads = threads;
        options.frames_in_flight = tokens;
        const Result result = run_queued(source, sink, options, new QueuedDevice(depth));
        ASSERT_EQ(what(result.error), "");
        EXPECT_EQ(result.summary.frames, 150u);
        EXPECT_EQ(sink.text, plain.text) << depth << " deep, " << threads << " threads, " << tokens << " tokens";
      }
    }
  }
}

TEST(PipelineQueue, FillsTheDeviceUpToItsDepth) {
  CountingSource source(50);
  RecordingSink sink;
  // The pipeline deletes its device when it returns, so what it saw is looked at while it runs.
  auto* device = new QueuedDevice(5);
  int most = 0;
  PipelineOptions options;
  options.threads = 1;
  options.progress = [&](int64_t, int64_t) { most = std::max(most, device->most_in_flight); };
  EXPECT_EQ(what(run_queued(source, sink, options, device).error), "");
  EXPECT_EQ(most, 5);
}

TEST(PipelineQueue, LostFramesAreCountedByCauseAndSkipped) {
  CountingSource source(100);
  RecordingSink sink;
  auto* device = new QueuedDevice(4);
  device->lose_every = 10;
  const Result result = run_queued(source, sink, {}, device);
  EXPECT_EQ(what(result.error), "");
  EXPECT_EQ(result.summary.frames, 90u);
  EXPECT_EQ(dropped(result.summary, "lost on purpose"), 10u);
  ASSERT_EQ(sink.frames.size(), 90u);
  EXPECT_EQ(sink.frames[9], 10) << "frame 9 is lost";
  EXPECT_TRUE(std::is_sorted(sink.frames.begin(), sink.frames.end()));
}

TEST(PipelineQueue, ManyLostFramesInARowDoNotOvertakeTheSlots) {
  CountingSource source(300);
  RecordingSink sink;
  auto* device = new QueuedDevice(3);
  device->lose_every = 1;
  PipelineOptions options;
  options.threads = 4;
  options.frames_in_flight = 2;
  const Result result = run_queued(source, sink, options, device);
  EXPECT_EQ(what(result.error), "");
  EXPECT_EQ(result.summary.frames, 0u);
  EXPECT_EQ(dropped(result.summary, "lost on purpose"), 300u);
}

TEST(PipelineQueue, ADeviceLostForGoodEndsTheRunAndItsFramesAreCounted) {
  CountingSource source(100);
  RecordingSink sink;
  auto* device = new QueuedDevice(4);
  device->fail_at = 40;
  const Result result = run_queued(source, sink, {}, device);
  EXPECT_EQ(what(result.error), "no board any more");
  EXPECT_EQ(result.summary.frames + result.summary.dropped_frames(), 41u);
  EXPECT_EQ(dropped(result.summary, "in the device when it was lost"), 4u);
  EXPECT_EQ(sink.finished, 1);
}

TEST(PipelineQueue, DamagedInputStillDeliversEveryFrameBeforeIt) {
  CountingSource source(100);
  source.fail_at = 37;
  RecordingSink sink;
  const Result result = run_queued(source, sink, {}, new QueuedDevice(8));
  EXPECT_EQ(what(result.error), "damaged at frame 37");
  EXPECT_EQ(sink.frames.size(), 37u);
}

TEST(PipelineQueue, RealtimeDoesNotWaitForAFrameWhileResultsArePending) {
  // Each frame arrives only when the one before it is done: who waits to fill the device waits for ever.
  CountingSource source(20, 1e6);
  std::atomic<int64_t> done{0};
  source.before_frame = [&](int64_t number) {
    while (done < number) std::this_thread::yield();
  };
  RecordingSink sink;
  PipelineOptions options;
  options.realtime = true;
  options.progress = [&](int64_t frames, int64_t) { done = frames; };
  const Result result = run_queued(source, sink, options, new QueuedDevice(4));
  EXPECT_EQ(what(result.error), "");
  EXPECT_EQ(result.summary.frames, 20u);
}

}  // namespace
}  // namespace flashcell
