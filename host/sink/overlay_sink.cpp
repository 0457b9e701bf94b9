#include "host/sink/overlay_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "host/sink/overlay_painter.hpp"
#include "host/sink/svg_chart.hpp"
#include "host/video/video_file.hpp"

namespace flashcell::host {
namespace {

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
    if (!painter_ && !open(result)) return;
    painter_->follow(result);
    if (seen_++ % options_.every != 0) return;
    const cv::Mat& picture = painter_->paint(result, note_);
    file_->write(picture.data, picture.step);
    if (++written_ == options_.max_frames) {
      stopped_ = true;
      warn(fmt::format("{} ends at frame {}: the limit of {} video frames is reached", path_.string(),
                       result.frame->number, options_.max_frames));
    }
  }

  void finish(const RunSummary&) override {
    if (file_) file_->finish();
  }

 private:
  bool open(const FrameResult& result) {
    // The frame knows its size also where the source's header does not.
    run_.source.width = result.frame->view.width;
    run_.source.height = result.frame->view.height;
    painter_.emplace(run_, trail_frames_, options_.max_side);
    const cv::Size size = painter_->size();
    file_ = VideoFile::create(path_, VideoKind::viewing, {size.width, size.height, true, video_fps_});
    if (file_) return true;
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
  std::optional<OverlayPainter> painter_;
  std::unique_ptr<VideoFile> file_;
  int64_t seen_ = 0, written_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Sink> make_overlay_sink(std::filesystem::path path, OverlayOptions options) {
  return std::make_unique<OverlaySink>(std::move(path), std::move(options));
}

}  // namespace flashcell::host
