#include "host/sink/overlay_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/page/chart.hpp"
#include "host/sink/overlay_painter.hpp"
#include "host/video/video_file.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kMostWaiting = 64;         // frames, of which most are rows without pixels
constexpr size_t kMostPicturesWaiting = 8;  // with pixels

/// What drawing needs of one frame, apart from the pipeline's own, which is recycled.
struct Drawing {
  Frame frame;
  std::vector<tracking::TrackRow> rows, backfill;
  double time_s = 0;
  bool has_pixels = false;

  void take(const FrameResult& result, bool with_pixels) {
    frame.number = result.frame->number;
    frame.view = result.frame->view;
    rows.assign(result.rows.begin(), result.rows.end());
    backfill.assign(result.backfill.begin(), result.backfill.end());
    time_s = result.time_s;
    has_pixels = with_pixels;
    if (with_pixels) take_pixels(result.frame->view);
  }

  FrameResult result() const { return {&frame, nullptr, rows, backfill, 0, time_s}; }

 private:
  void take_pixels(const FrameView& view) {
    const size_t row = static_cast<size_t>(view.width) * static_cast<size_t>(bytes_per_pixel(view.format));
    frame.storage.resize(row * static_cast<size_t>(view.height));
    for (int y = 0; y < view.height; ++y)
      std::memcpy(frame.storage.data() + row * static_cast<size_t>(y), view.row(y), row);
    frame.view.data = frame.storage.data();
    frame.view.stride = static_cast<ptrdiff_t>(row);
  }
};

/// Draws and encodes in a thread of its own, in the order of put().
class OverlayWriter {
 public:
  OverlayWriter(OverlayPainter painter, std::unique_ptr<VideoFile> file, std::string note)
      : painter_(std::move(painter)), file_(std::move(file)), note_(std::move(note)), thread_([this] { work(); }) {}
  ~OverlayWriter() { stop(); }
  OverlayWriter(const OverlayWriter&) = delete;
  OverlayWriter& operator=(const OverlayWriter&) = delete;

  /// Takes a frame's rows, and its pixels where it is to be drawn; waits where too much waits already. With `live` the
  /// picture is left out instead. Returns whether it will be drawn. Throws what drawing an earlier one threw.
  bool put(const FrameResult& result, bool drawn, bool live) {
    std::unique_lock lock(mutex_);
    if (drawn && live && pictures_ >= kMostPicturesWaiting) drawn = false;
    changed_.wait(lock, [&] {
      return error_ || (waiting_.size() < kMostWaiting && (!drawn || pictures_ < kMostPicturesWaiting));
    });
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    Drawing drawing = spare();
    lock.unlock();
    drawing.take(result, drawn);
    lock.lock();
    pictures_ += drawn ? 1 : 0;
    waiting_.push_back(std::move(drawing));
    changed_.notify_all();
    return drawn;
  }

  /// Draws what waits and finishes the file. Throws what that threw.
  void finish() {
    stop();
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    file_->finish();
  }

 private:
  Drawing spare() {
    if (spare_.empty()) return {};
    Drawing drawing = std::move(spare_.back());
    spare_.pop_back();
    return drawing;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Drawing drawing = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      std::exception_ptr error;
      try {
        draw(drawing);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      pictures_ -= drawing.has_pixels ? 1 : 0;
      spare_.push_back(std::move(drawing));
      if (error) {
        error_ = error;
        waiting_.clear();
        ended_ = true;
      }
      changed_.notify_all();
    }
  }

  void draw(const Drawing& drawing) {
    const FrameResult result = drawing.result();
    painter_.follow(result);
    if (!drawing.has_pixels) return;
    const cv::Mat& picture = painter_.paint(result, note_);
    file_->write(picture.data, picture.step);
  }

  OverlayPainter painter_;
  std::unique_ptr<VideoFile> file_;
  std::string note_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<Drawing> waiting_;
  std::vector<Drawing> spare_;
  size_t pictures_ = 0;
  bool ended_ = false;
  std::exception_ptr error_;
  std::thread thread_;  // last: it uses all the others
};

class OverlaySink final : public Sink {
 public:
  OverlaySink(std::filesystem::path path, OverlayOptions options)
      : path_(std::move(path)), options_(std::move(options)) {
    options_.every = std::max<int64_t>(1, options_.every);
  }

  void begin(const RunInfo& run) override {
    run_ = run;
    const double fps = run.fps > 0 ? run.fps : options_.playback_fps;
    const double drawn_fps = fps / static_cast<double>(options_.every);
    video_fps_ = std::clamp(drawn_fps, 1.0, std::max(1.0, options_.playback_fps));
    if (run.fps > 0 && drawn_fps > video_fps_ * 1.01) {
      note_ = fmt::format("{}x slower", short_number(drawn_fps / video_fps_));
    }
    trail_frames_ = std::max<int64_t>(2, std::llround(options_.trail_ms * fps / 1000));
  }

  void write(const FrameResult& result) override {
    if (stopped_) return;
    if (!writer_ && !open(result)) return;
    const bool due = seen_++ % options_.every == 0;
    if (due && options_.max_frames > 0 && written_ == options_.max_frames) {
      stopped_ = true;
      warn(fmt::format("{} ends at frame {}: the limit of {} video frames is reached", path_.string(), last_drawn_,
                       options_.max_frames));
      return;
    }
    if (!writer_->put(result, due, options_.live)) return;
    ++written_;
    last_drawn_ = result.frame->number;
  }

  void finish(const RunSummary&) override {
    if (writer_) writer_->finish();
  }

 private:
  bool open(const FrameResult& result) {
    // The frame knows its size also where the source's header does not.
    run_.source.width = result.frame->view.width;
    run_.source.height = result.frame->view.height;
    OverlayPainter painter(run_, trail_frames_, options_.max_side);
    const cv::Size size = painter.size();
    std::unique_ptr<VideoFile> file =
        VideoFile::create(path_, VideoKind::viewing, {size.width, size.height, true, video_fps_});
    if (file) {
      writer_ = std::make_unique<OverlayWriter>(std::move(painter), std::move(file), note_);
      return true;
    }
    stopped_ = true;
    warn(fmt::format("no {}: FFmpeg's libavcodec has neither an H.264 nor an MPEG-4 encoder here", path_.string()));
    return false;
  }

  void warn(const std::string& line) const {
    if (options_.warn) options_.warn(line);
  }

  std::filesystem::path path_;
  OverlayOptions options_;
  RunInfo run_;
  double video_fps_ = 30;
  int64_t trail_frames_ = 2;
  std::string note_;
  std::unique_ptr<OverlayWriter> writer_;
  int64_t seen_ = 0, written_ = 0, last_drawn_ = 0;
  bool stopped_ = false;
};

}  // namespace

int64_t overlay_step(double fps, std::optional<int64_t> frames) {
  constexpr double kFluent = 30;  // frames/s
  constexpr int64_t kFrames = 900;
  const int64_t by_rate = std::max<int64_t>(1, std::llround(fps / kFluent));
  return frames ? std::clamp<int64_t>((*frames + kFrames - 1) / kFrames, 1, by_rate) : by_rate;
}

std::unique_ptr<Sink> make_overlay_sink(std::filesystem::path path, OverlayOptions options) {
  return std::make_unique<OverlaySink>(std::move(path), std::move(options));
}

}  // namespace flashcell::host
