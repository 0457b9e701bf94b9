#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "pipeline/pipeline.hpp"
#include "tracking/tracker.hpp"

// A source, devices and a sink that tell what was done with them.
namespace flashcell::test {

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

inline Result run(CountingSource& source, std::vector<Sink*> sinks, PipelineOptions options, bool in_order = false,
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

inline Result run_queued(CountingSource& source, Sink& sink, PipelineOptions options, QueuedDevice* device) {
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

inline std::string what(const std::exception_ptr& error) {
  if (!error) return "";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  }
}

inline uint64_t dropped(const RunSummary& summary, const std::string& cause) {
  for (const DropCount& d : summary.dropped) {
    if (d.cause == cause) return d.frames;
  }
  return 0;
}

}  // namespace flashcell::test
