#include "host/sink/overlay_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/videoio.hpp>
#include <optional>
#include <utility>

#include "host/sink/overlay_painter.hpp"
#include "host/sink/svg_chart.hpp"

namespace flashcell::host {
namespace {

struct Encoding {
  const char* fourcc;
  const char* extension;
};
// H.264 first: browsers play it.
constexpr Encoding kEncodings[] = {{"avc1", ".mp4"}, {"mp4v", ".mp4"}, {"XVID", ".avi"}};

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
    writer_.write(painter_->paint(result, note_));
    if (++written_ >= options_.max_frames) {
      stopped_ = true;
      warn(fmt::format("{} ends at frame {}: the limit of {} video frames is reached", path_.string(),
                       result.frame->number, options_.max_frames));
    }
  }

  void finish() override { writer_.release(); }

 private:
  bool open(const FrameResult& result) {
    // The frame knows its size also where the source's header does not.
    run_.source.width = result.frame->view.width;
    run_.source.height = result.frame->view.height;
    painter_.emplace(run_, trail_frames_, options_.max_side);
    for (const Encoding& encoding : kEncodings) {
      const std::filesystem::path path = std::filesystem::path(path_).replace_extension(encoding.extension);
      const char* c = encoding.fourcc;
      try {
        if (writer_.open(path.string(), cv::CAP_FFMPEG, cv::VideoWriter::fourcc(c[0], c[1], c[2], c[3]), video_fps_,
                         painter_->size())) {
          path_ = path;
          return true;
        }
      } catch (const cv::Exception&) {
        // As a refusal: the next encoding.
      }
    }
    stopped_ = true;
    warn(
        fmt::format("no overlay video: OpenCV could not open an encoder (H.264, MPEG-4, XVID) for {}; "
                    "check the folder, or install FFmpeg's libavcodec",
                    path_.string()));
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
  cv::VideoWriter writer_;
  int64_t seen_ = 0, written_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Sink> make_overlay_sink(std::filesystem::path path, OverlayOptions options) {
  return std::make_unique<OverlaySink>(std::move(path), std::move(options));
}

}  // namespace flashcell::host
