// When frames come, and that each goes back.
#include "pipeline/frame_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
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

TEST(RecordingClock, FollowsStampsAndRisesEvenWhenTheyDoNot) {
  RecordingClock clock(1000);
  Frame frame;
  const auto at = [&](int64_t number, std::optional<int64_t> stamp_ns) {
    frame.number = number;
    frame.device_time_ns = stamp_ns;
    return clock.time_s(frame);
  };
  EXPECT_DOUBLE_EQ(at(10, 5'000'000'000), 0.010);
  EXPECT_DOUBLE_EQ(at(11, 5'002'000'000), 0.012);
  EXPECT_DOUBLE_EQ(at(13, 5'002'000'000), 0.014) << "a stamp that stands still";
  EXPECT_DOUBLE_EQ(at(14, 1'000'000'000), 0.015) << "a stamp that falls";
  EXPECT_DOUBLE_EQ(at(15, 5'010'000'000), 0.020);
}

TEST(PipelineRealtime, FramesOrDropsEveryOneIsAccountedFor) {
  CountingSource source(400, 20000);  // 50 us a frame against a device that takes up to 400 us
  RecordingSink sink;
  PipelineOptions options;
  options.realtime = true;
  options.threads = 2;
  options.queue_ms = 0.1;
  const Result result = run(source, {&sink}, options, false, 200);
  EXPECT_EQ(what(result.error), "");
  EXPECT_EQ(result.summary.frames + dropped(result.summary, "overrun"), 400u);
  EXPECT_GT(dropped(result.summary, "overrun"), 0u);
  EXPECT_TRUE(std::is_sorted(sink.frames.begin(), sink.frames.end()));
  EXPECT_EQ(sink.frames.back(), 399) << "the newest frame is never the one that is dropped";
}

TEST(PipelineRealtime, NoFrameComesBeforeItsTime) {
  CountingSource source(40, 1000);
  RecordingSink sink;
  PipelineOptions options;
  options.realtime = true;
  const int64_t begun_ns = steady_now_ns();
  const Result result = run(source, {&sink}, options);
  EXPECT_EQ(result.summary.frames + dropped(result.summary, "overrun"), 40u);
  for (size_t i = 0; i < sink.frames.size(); ++i)
    EXPECT_GE(sink.arrivals_ns[i] - begun_ns, sink.frames[i] * 1'000'000) << "frame " << sink.frames[i];
}

TEST(PipelineRealtime, AnErrorOfTheSourceEndsTheRun) {
  CountingSource source(400, 20000);
  source.fail_at = 100;
  RecordingSink sink;
  PipelineOptions options;
  options.realtime = true;
  const Result result = run(source, {&sink}, options);
  EXPECT_EQ(what(result.error), "damaged at frame 100");
  EXPECT_EQ(sink.finished, 1);
}

TEST(PipelineRealtime, AStopIsNoticedBetweenFramesThatLieFarApart) {
  CountingSource source(10, 1e-4);  // a frame every 10 000 s
  RecordingSink sink;
  std::atomic<bool> stop{false};
  PipelineOptions options;
  options.realtime = true;
  options.stop = &stop;
  options.progress = [&](int64_t, int64_t) { stop = true; };
  const Result result = run(source, {&sink}, options);
  EXPECT_EQ(what(result.error), "");
  EXPECT_EQ(sink.frames.size(), 1u);
  EXPECT_EQ(result.summary.end, RunEnd::interrupted);
}

TEST(PipelineRealtime, AQueueInMillisecondsOutlastsAPipelineThatIsHeldUp) {
  // One frame holds the pipeline up for 40 ms, in which 80 others arrive.
  CountingSource source(400, 2000);
  class HeldUp : public RecordingSink {
   public:
    void write(const FrameResult& result) override {
      if (result.frame->number == 50) std::this_thread::sleep_for(std::chrono::milliseconds(40));
      RecordingSink::write(result);
      latencies_ns.push_back(result.done_ns - result.frame->arrival_ns);
    }
    std::vector<int64_t> latencies_ns;
  } sink;
  PipelineOptions options;
  options.realtime = true;
  options.frames_in_flight = 2;
  options.queue_ms = 10'000;  // the machine may be held up as well
  const Result result = run(source, {&sink}, options);
  EXPECT_EQ(result.summary.dropped_frames(), 0u);
  ASSERT_EQ(sink.frames.size(), 400u);
  // What waited meanwhile says so: its latency counts from when it was due.
  EXPECT_GT(*std::max_element(sink.latencies_ns.begin(), sink.latencies_ns.end()), 30'000'000);
}

TEST(PipelineRealtime, TheQueueIsSizedInTimeAndBoundedInMemory) {
  SourceInfo info;
  info.width = info.height = 512;
  EXPECT_EQ(waiting_frames(info, PipelineOptions().queue_ms, 2000), 200);
  EXPECT_EQ(waiting_frames(info, PipelineOptions().queue_ms, 25), 4) << "a few at least";
  info.width = info.height = 4096;
  EXPECT_EQ(waiting_frames(info, 1000, 2000), 32) << "512 MiB";
  info.format = PixelFormat::grey16;
  EXPECT_EQ(waiting_frames(info, 1000, 2000), 16);
}

/// A camera: frames come when they come, far more slowly than their rate says, and after the last one none at all.
class Camera : public FrameSource {
 public:
  explicit Camera(int64_t frames) : frames_(frames) {
    info_.name = "camera";
    info_.width = info_.height = 8;
    info_.fps = 1e-4;  // who paces it waits for hours
  }
  const SourceInfo& info() const override { return info_; }
  bool is_live() const override { return true; }
  bool next(Frame& frame) override {
    std::unique_lock lock(mutex_);
    if (next_ == frames_) stopped_or_not_.wait(lock, [this] { return stopped_; });
    if (stopped_) return false;
    frame.view = {pixels_, 8, 8, 8, PixelFormat::grey8};
    frame.number = next_++;
    frame.arrival_ns = 1000 + frame.number;
    return true;
  }
  void give_back(Frame& frame) override {
    EXPECT_EQ(frame.view.data, pixels_);
    ++given_back;
  }
  void stop() override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    stopped_or_not_.notify_all();
  }
  int64_t delivered() const { return next_; }
  std::atomic<int64_t> given_back{0};

 private:
  const int64_t frames_;
  SourceInfo info_;
  uint8_t pixels_[64] = {};
  std::mutex mutex_;
  std::condition_variable stopped_or_not_;
  int64_t next_ = 0;
  bool stopped_ = false;
};

TEST(PipelineLive, ACameraIsNeitherPacedNorWaitedForAfterAStop) {
  class EmptyDevice : public Device {
    std::string name() const override { return "empty"; }
    bool in_order() const override { return false; }
    void process(const Frame&, ObjectTable& table) override { table.clear(); }
  };
  for (const int64_t frames : {1, 5}) {
    Camera camera(frames);
    RecordingSink sink;
    std::atomic<bool> stop{false};
    RunInfo info;
    info.source = camera.info();
    PipelineOptions options;  // not asked to be realtime
    options.fps = camera.info().fps;
    options.stop = &stop;
    int64_t seen = 0;
    options.progress = [&](int64_t done, int64_t dropped) {
      seen = done + dropped;
      if (seen == frames) stop = true;
    };
    tracking::Tracker tracker({}, options.fps);
    RunSummary summary;
    const auto error = run_pipeline(
        camera, [] { return std::make_unique<EmptyDevice>(); }, tracker, {&sink}, info, options, summary);
    EXPECT_EQ(what(error), "");
    EXPECT_EQ(summary.frames + summary.dropped_frames(), static_cast<uint64_t>(frames));
    EXPECT_EQ(summary.end, RunEnd::interrupted);
    for (size_t i = 0; i < sink.frames.size(); ++i) EXPECT_EQ(sink.arrivals_ns[i], 1000 + sink.frames[i]);
    EXPECT_EQ(camera.delivered(), frames);
    EXPECT_EQ(camera.given_back, frames);
  }
}

TEST(Pipeline, EveryFrameIsGivenBackOnceHoweverTheRunEnds) {
  const auto check = [](const CountingSource& source) { EXPECT_EQ(source.given_back, source.delivered); };
  for (const bool realtime : {false, true}) {
    PipelineOptions options;
    options.realtime = realtime;
    options.queue_ms = 0.1;
    options.threads = 2;
    {
      CountingSource source(300, 20000);  // where realtime, some are dropped
      RecordingSink sink;
      run(source, {&sink}, options, false, 200);
      check(source);
      EXPECT_EQ(source.delivered, 300);
    }
    {
      CountingSource source(300, 20000);
      RecordingSink sink;
      sink.fail_after = 7;
      run(source, {&sink}, options);
      check(source);
    }
    {
      CountingSource source(300, 20000);
      RecordingSink sink;
      auto* device = new QueuedDevice(6);
      device->lose_every = 5;
      device->fail_at = 100;
      options.queue_ms = 10'000;  // this device wants to see every frame
      run_queued(source, sink, options, device);
      check(source);
    }
  }
}

}  // namespace
}  // namespace flashcell
