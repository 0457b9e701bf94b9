#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "pipeline/run_summary.hpp"
#include "pipeline/source.hpp"

namespace flashcell {

/// Nanoseconds on the host's steady clock.
int64_t steady_now_ns();

/// Recording time of a frame, s: its time stamp against the first frame's, else its number over the frame rate. Always
/// rises: a stamp that does not is taken for damaged, and the frame rate stands in.
class RecordingClock {
 public:
  explicit RecordingClock(double fps) : fps_(fps) {}
  double time_s(const Frame& frame);

 private:
  struct Last {
    int64_t number;
    double time_s;
  };
  double fps_;
  std::optional<Last> last_;
  std::optional<int64_t> first_stamp_ns_;
  double first_number_s_ = 0;
};

/// Hands a source's frames to the pipeline's first stage and gives them back to it: each once. next() and release() may
/// run on different threads; each one at a time.
class FrameFeed {
 public:
  virtual ~FrameFeed() = default;
  FrameFeed(const FrameFeed&) = delete;
  FrameFeed& operator=(const FrameFeed&) = delete;

  /// The next frame, or null at the end, after an error or a stop.
  virtual Frame* next() = 0;
  /// The same, but null as well when next() would wait for a frame to arrive.
  virtual Frame* next_if_there() { return next(); }
  /// Gives a frame back once nobody reads it any more.
  virtual void release(Frame* frame) { give_back(*frame); }
  /// Ends a thread of its own, if any, and gives back the frames that nobody released. Afterwards the counters and
  /// error() are final.
  virtual void close();

  std::exception_ptr error() const { return error_; }
  /// Whether it ended because of a stop, before the source's end.
  bool stopped_early() const { return stopped_early_; }
  int64_t missing_in_recording() const { return missing_; }
  int64_t overrun() const { return overrun_; }
  const StageTiming& read_time() const { return read_time_; }

 protected:
  /// `frames` are in use at most.
  FrameFeed(FrameSource& source, size_t frames) : source_(source), frames_(frames), held_(frames) {}

  /// Reads one frame, timing it and counting gaps; false at the end or after an error, which is kept.
  bool read(Frame& frame);
  /// To the source, where it is not there already.
  void give_back(Frame& frame);
  /// Whether read() came to the end or to an error.
  bool ended() const { return source_ended_ || error_; }

  FrameSource& source_;
  std::vector<Frame> frames_;
  std::exception_ptr error_;
  std::atomic<bool> stopped_early_{false};
  std::atomic<int64_t> missing_{0}, overrun_{0};
  StageTiming read_time_{"read"};

 private:
  std::vector<uint8_t> held_;  // of each frame: read and not given back. No vector<bool>: threads have their own frames
  std::optional<int64_t> last_number_;
  bool source_ended_ = false;
};

/// Offline: every frame, as fast as the pipeline takes them. `slots` frames are in use at most.
std::unique_ptr<FrameFeed> make_offline_feed(FrameSource& source, int slots, const std::atomic<bool>* stop);

/// How many frames of a recording of `fps` frames/s `queue_ms` hold: 4 at least, and at most what 512 MiB hold.
int waiting_frames(const SourceInfo& source, double queue_ms, double fps);

/// Realtime: a thread of its own delivers frames, a recording's at its pace, a live source's as they come. At most
/// `queue_frames` wait; when another arrives the oldest waiting one is dropped and counted as overrun. A recording's
/// frame arrives when it is due, or when it was read where that is later; a live source's when that says, or when it
/// was read: what it waits from then on is part of its latency.
std::unique_ptr<FrameFeed> make_realtime_feed(FrameSource& source, int slots, int queue_frames, double fps,
                                              const std::atomic<bool>* stop);

}  // namespace flashcell
