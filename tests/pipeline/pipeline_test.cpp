#include "pipeline/pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "pipeline/frame_feed.hpp"

namespace flashcell {
namespace {

/// Frames whose first bytes are the frame number; may end in an error, may leave numbers out.
class CountingSource : public FrameSource {
 public:
  explicit CountingSource(int64_t frames, double fps = 1000) : frames_(frames) {
    info_.name = "counting";
    info_.width = info_.height = 8;
    info_.fps = fps;
  }
  const SourceInfo& info() const override { return info_; }
  bool next(Frame& frame) override {
    if (next_ == fail_at) throw Error(Fault::input, "damaged at frame " + std::to_string(next_));
    if (next_ >= frames_) return false;
    ++delivered;
    if (before_frame) before_frame(next_);
    frame.storage.assign(64, 0);
    for (int i = 0; i < 4; ++i) frame.storage[i] = static_cast<uint8_t>(next_ >> (8 * i));
    frame.view = {frame.storage.data(), 8, 8, 8, PixelFormat::grey8};
    frame.number = next_ + (next_ >= gap_at ? gap : 0);
    ++next_;
    return true;
  }
  void give_back(Frame& frame) override {
    EXPECT_EQ(frame.view.data, frame.storage.data());
    ++given_back;
  }
  int64_t fail_at = -1, gap_at = INT64_MAX, gap = 0;
  std::optional<int64_t> frame_count;  // that it states
  std::function<void(int64_t number)> before_frame;
  int64_t delivered = 0;
  std::atomic<int64_t> given_back{0};

 private:
  SourceInfo info_;
  int64_t frames_, next_ = 0;
};

/// One object that moves one pixel a frame; takes longer for some frames so that a parallel stage gets out of step.
class MovingDevice : public Device {
 public:
  explicit MovingDevice(bool in_order, int64_t slow_us = 0) : in_order_(in_order), slow_us_(slow_us) {}
  std::string name() const override { return "moving"; }
  bool in_order() const override { return in_order_; }
  void process(const Frame& frame, ObjectTable& table) override {
    int64_t number = 0;
    for (int i = 0; i < 4; ++i) number |= static_cast<int64_t>(frame.view.data[i]) << (8 * i);
    if (in_order_) {
      EXPECT_EQ(number, last_ + 1);
      last_ = number;
    }
    if (slow_us_ > 0) std::this_thread::sleep_for(std::chrono::microseconds(slow_us_ * (number % 3)));
    table.clear();
    contract::ObjectRecord object{};
    object.m00 = 100;
    object.m10 = static_cast<uint64_t>(100 * (10 + number));
    object.m01 = 100 * 20;
    object.m20 = static_cast<uint64_t>(100 * ((10 + number) * (10 + number) + 8));
    object.m11 = static_cast<uint64_t>(100 * (10 + number) * 20);
    object.m02 = 100 * (20 * 20 + 8);
    object.left = static_cast<uint16_t>(5 + number);
    object.right = static_cast<uint16_t>(14 + number);
    object.top = 15;
    object.bottom = 24;
    table.objects.push_back(object);
    table.summary.objects = 1;
    table.summary.foreground = 100;
  }

 private:
  bool in_order_;
  int64_t slow_us_, last_ = -1;
};

/// The same with several frames in flight; loses every `lose_every`-th frame, fails for good at frame `fail_at`.
class QueuedDevice : public MovingDevice, public QueueDevice {
 public:
  explicit QueuedDevice(int depth) : MovingDevice(true), depth_(depth) {}
  QueueDevice* queue() override { return this; }
  int depth() const override { return depth_; }
  void submit(const Frame& frame, ObjectTable& table) override {
    if (submitted_ == fail_at) throw Error(Fault::device, "no board any more");
    EXPECT_LT(static_cast<int>(in_flight_.size()), depth_);
    ++submitted_;
    table.clear();
    in_flight_.push_back({{frame.view.data, frame.view.data + 64}, &table});
    most_in_flight = std::max(most_in_flight, static_cast<int>(in_flight_.size()));
  }
  const char* collect() override {
    std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
    const InFlight oldest = in_flight_.front();
    in_flight_.pop_front();
    process(Frame({oldest.pixels.data(), 8, 8, 8, PixelFormat::grey8}), *oldest.table);
    ++collected_;
    if (lose_every > 0 && collected_ % lose_every == 0) return "lost on purpose";
    return nullptr;
  }
  int64_t lose_every = 0, fail_at = -1, wait_us = 0;
  int most_in_flight = 0;

 private:
  struct InFlight {
    std::vector<uint8_t> pixels;
    ObjectTable* table;
  };
  const int depth_;
  int64_t submitted_ = 0, collected_ = 0;
  std::deque<InFlight> in_flight_;
};

/// Writes down everything it is told.
class RecordingSink : public Sink {
 public:
  void begin(const RunInfo&) override { text += "begin\n"; }
  void write(const FrameResult& result) override {
    frames.push_back(result.frame->number);
    arrivals_ns.push_back(result.frame->arrival_ns);
    for (const tracking::TrackRow& row : result.rows) {
      text += std::to_string(row.frame) + ' ' + std::to_string(row.id) + ' ' + std::to_string(row.x) + ' ' +
              std::to_string(row.vx) + '\n';
    }
    if (static_cast<int64_t>(frames.size()) == fail_after) throw Error(Fault::input, "disk full");
  }
  void finish(const RunSummary&) override {
    text += "finish\n";
    ++finished;
  }
  std::string text;
  std::vector<int64_t> frames, arrivals_ns;
  int finished = 0;
  int64_t fail_after = -1;
};

struct Result {
  std::exception_ptr error;
  RunSummary summary;
};

Result run(CountingSource& source, std::vector<Sink*> sinks, PipelineOptions options, bool in_order = false,
           int64_t slow_us = 0) {
  options.fps = source.info().fps;
  tracking::Tracker tracker({}, options.fps);
  RunInfo info;
  info.source = source.info();
  info.source.frame_count = source.frame_count;
  info.fps = options.fps;
  Result result;
  result.error = run_pipeline(
      source, [&] { return std::make_unique<MovingDevice>(in_order, slow_us); }, tracker, sinks, info, options,
      result.summary);
  return result;
}

Result run_queued(CountingSource& source, Sink& sink, PipelineOptions options, QueuedDevice* device) {
  std::unique_ptr<Device> only(device);
  options.fps = source.info().fps;
  tracking::Tracker tracker({}, options.fps);
  RunInfo info;
  info.source = source.info();
  info.fps = options.fps;
  Result result;
  result.error = run_pipeline(
      source, [&] { return std::move(only); }, tracker, {&sink}, info, options, result.summary);
  return result;
}

std::string what(const std::exception_ptr& error) {
  if (!error) return "";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  }
}

uint64_t dropped(const RunSummary& summary, const std::string& cause) {
  for (const DropCount& d : summary.dropped) {
    if (d.cause == cause) return d.frames;
  }
  return 0;
}

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
