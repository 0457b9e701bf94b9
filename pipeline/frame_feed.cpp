#include "pipeline/frame_feed.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace flashcell {

int64_t steady_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double RecordingClock::time_s(const Frame& frame) {
  double time_s = static_cast<double>(frame.number) / fps_;
  if (frame.device_time_ns) {
    if (!first_stamp_ns_) {
      first_stamp_ns_ = *frame.device_time_ns;
      first_number_s_ = time_s;
    }
    time_s = first_number_s_ + 1e-9 * static_cast<double>(*frame.device_time_ns - *first_stamp_ns_);
  }
  if (last_ && time_s <= last_->time_s)
    time_s = last_->time_s + static_cast<double>(frame.number - last_->number) / fps_;
  last_ = {frame.number, time_s};
  return time_s;
}

bool FrameFeed::read(Frame& frame) {
  if (error_ || source_ended_) return false;
  const int64_t before = steady_now_ns();
  try {
    frame.device_time_ns.reset();
    frame.arrival_ns = 0;
    if (!source_.next(frame)) {
      source_ended_ = true;
      return false;
    }
  } catch (...) {
    error_ = std::current_exception();
    return false;
  }
  const int64_t now = steady_now_ns();
  held_[static_cast<size_t>(&frame - frames_.data())] = 1;
  if (frame.arrival_ns == 0 || !source_.is_live()) frame.arrival_ns = now;
  read_time_.record(frame.number, now - before);
  if (last_number_) missing_ += frame.number - *last_number_ - 1;
  last_number_ = frame.number;
  return true;
}

void FrameFeed::give_back(Frame& frame) {
  uint8_t& held = held_[static_cast<size_t>(&frame - frames_.data())];
  if (held != 0) source_.give_back(frame);
  held = 0;
}

void FrameFeed::close() {
  for (Frame& frame : frames_) give_back(frame);
}

namespace {

class OfflineFeed : public FrameFeed {
 public:
  OfflineFeed(FrameSource& source, int slots, const std::atomic<bool>* stop)
      : FrameFeed(source, static_cast<size_t>(slots)), stop_(stop) {}

  Frame* next() override {
    if (stop_ != nullptr && *stop_) {
      stopped_early_ = !ended();
      return nullptr;
    }
    // The pipeline finishes frames in order and has at most `slots` under way, so the oldest slot is always free again.
    Frame* frame = &frames_[count_++ % frames_.size()];
    return read(*frame) ? frame : nullptr;
  }

 private:
  size_t count_ = 0;
  const std::atomic<bool>* stop_;
};

class RealtimeFeed : public FrameFeed {
 public:
  RealtimeFeed(FrameSource& source, int slots, int queue_frames, double fps, const std::atomic<bool>* stop)
      : FrameFeed(source, static_cast<size_t>(slots + queue_frames + 1)),
        queue_frames_(queue_frames),
        clock_(fps),
        stop_(stop) {
    for (Frame& frame : frames_) free_.push_back(&frame);
    thread_ = std::thread([this] { deliver(); });
  }
  ~RealtimeFeed() override { end_thread(); }

  Frame* next() override {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kLook, [this] { return !waiting_.empty() || ended_ || closing_; })) {
      if (!stopped()) continue;
      // A camera that sends nothing would never notice.
      lock.unlock();
      source_.stop();
      lock.lock();
    }
    return take_waiting();
  }

  Frame* next_if_there() override {
    const std::lock_guard lock(mutex_);
    return take_waiting();
  }

  void release(Frame* frame) override {
    const std::lock_guard lock(mutex_);
    give_back(*frame);
    free_.push_back(frame);
    changed_.notify_all();
  }

  void close() override {
    end_thread();
    FrameFeed::close();
  }

 private:
  static constexpr std::chrono::milliseconds kLook{20};  // a stop is only a flag, at which somebody has to look

  void end_thread() {
    bool reads = false;
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      reads = !ended_;
    }
    changed_.notify_all();
    if (reads) source_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Frame* take_waiting() {
    if (waiting_.empty()) return nullptr;
    Frame* frame = waiting_.front();
    waiting_.pop_front();
    return frame;
  }

  bool stopped() const { return closing_ || (stop_ != nullptr && *stop_); }

  void deliver() {
    std::optional<double> first_s;
    const int64_t start_ns = steady_now_ns();
    for (;;) {
      Frame* frame = take_free();
      if (frame == nullptr) {
        stopped_early_ = true;
        break;
      }
      if (!read(*frame)) {
        // Whoever stopped it, a camera has no end of its own.
        if (source_.is_live() && stopped()) stopped_early_ = true;
        break;
      }
      if (!source_.is_live() && !pace(*frame, start_ns, first_s)) {
        stopped_early_ = true;
        break;
      }
      enqueue(frame);
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  /// Waits until a recording's frame is due; false where a stop comes first.
  bool pace(Frame& frame, int64_t start_ns, std::optional<double>& first_s) {
    const double time_s = clock_.time_s(frame);
    if (!first_s) first_s = time_s;
    const int64_t due_ns = start_ns + static_cast<int64_t>(std::llround((time_s - *first_s) * 1e9));
    if (!wait_until(due_ns)) return false;
    frame.arrival_ns = std::max(frame.arrival_ns, due_ns);
    return true;
  }

  /// A camera cannot wait, so when every frame is in use the oldest waiting one makes room.
  Frame* take_free() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !free_.empty() || !waiting_.empty() || stopped(); });
    if (stopped()) return nullptr;
    if (free_.empty()) drop_oldest();
    Frame* frame = free_.front();
    free_.pop_front();
    return frame;
  }

  void enqueue(Frame* frame) {
    const std::lock_guard lock(mutex_);
    if (static_cast<int>(waiting_.size()) >= queue_frames_) drop_oldest();
    waiting_.push_back(frame);
    changed_.notify_all();
  }

  void drop_oldest() {
    give_back(*waiting_.front());
    free_.push_back(waiting_.front());
    waiting_.pop_front();
    ++overrun_;
  }

  /// False where a stop comes first. A stop is only a flag: sleeps are short enough to look at it.
  bool wait_until(int64_t due_ns) const {
    constexpr int64_t kSpin = 100'000;  // ns: a sleep may end so late
    constexpr int64_t kLongest = std::chrono::nanoseconds(kLook).count();
    for (;;) {
      if (stopped()) return false;
      const int64_t ahead = due_ns - steady_now_ns() - kSpin;
      if (ahead <= 0) break;
      std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(ahead, kLongest)));
    }
    while (steady_now_ns() < due_ns) std::this_thread::yield();
    return true;
  }

  const int queue_frames_;
  RecordingClock clock_;
  const std::atomic<bool>* stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Frame*> free_, waiting_;
  bool ended_ = false;
  std::atomic<bool> closing_{false};
  std::thread thread_;
};

}  // namespace

int waiting_frames(const SourceInfo& source, double queue_ms, double fps) {
  constexpr double kFewest = 4, kMostBytes = 512.0 * 1024 * 1024;
  const double bytes =
      std::max(1.0, static_cast<double>(source.width) * source.height * bytes_per_pixel(source.format));
  const double frames = std::min(std::ceil(queue_ms * 1e-3 * fps), std::min(kMostBytes / bytes, 1e6));
  return static_cast<int>(std::max(kFewest, frames));
}

std::unique_ptr<FrameFeed> make_offline_feed(FrameSource& source, int slots, const std::atomic<bool>* stop) {
  return std::make_unique<OfflineFeed>(source, slots, stop);
}

std::unique_ptr<FrameFeed> make_realtime_feed(FrameSource& source, int slots, int queue_frames, double fps,
                                              const std::atomic<bool>* stop) {
  return std::make_unique<RealtimeFeed>(source, slots, queue_frames, fps, stop);
}

}  // namespace flashcell
