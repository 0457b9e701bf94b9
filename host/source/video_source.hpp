#pragma once
#include <opencv2/videoio.hpp>
#include <optional>
#include <string>

#include "host/source/source_options.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// A video file through OpenCV and FFmpeg: bgr8, or grey8 when grey is asked. Time stamps are the container's
/// presentation times; where it gives none, or one that does not rise (the last frames of some streams), the one before
/// plus a frame time.
class VideoSource : public FrameSource {
 public:
  /// Throws Error(Fault::input) when it is no video, Error(Fault::usage) when the start lies beyond its end.
  VideoSource(const std::string& path, const SourceOptions& options);

  const SourceInfo& info() const override { return info_; }
  bool next(Frame& frame) override;

 private:
  void skip_to(int64_t frame);
  void seek_near(int64_t frame);
  void stamp(Frame& frame);

  cv::VideoCapture video_;
  SourceInfo info_;
  cv::Mat colour_;        // decoded, before it becomes grey
  int64_t position_ = 0;  // number of the next frame
  int64_t end_ = INT64_MAX;
  int64_t promised_ = 0;  // frames that the container's index counts, 0 when it has none
  bool use_stamps_ = true;
  bool grabbed_ = false;  // the next frame needs no grab()
  std::optional<int64_t> last_stamp_;
};

}  // namespace flashcell::host
