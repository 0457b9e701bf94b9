#include "host/source/video_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <opencv2/imgproc.hpp>

#include "base/error.hpp"
#include "host/source/file_names.hpp"
#include "host/source/frame_layout.hpp"
#include "host/source/opencv_quiet.hpp"

namespace flashcell::host {
namespace {

/// FFmpeg draws text files as videos; nobody means that.
bool is_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(Fault::input, fmt::format("{}: cannot be read", path));
  char buffer[4096];
  in.read(buffer, sizeof buffer);
  const std::streamsize size = in.gcount();
  return std::none_of(buffer, buffer + size, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
  });
}

/// Containers whose headers count frames exactly; others' counts are guessed from the duration.
bool counts_frames(const std::string& path) {
  const std::string extension = lower_extension(path);
  return extension == ".mp4" || extension == ".m4v" || extension == ".mov" || extension == ".avi";
}

}  // namespace

VideoSource::VideoSource(const std::string& path, const SourceOptions& options) {
  quiet_opencv();
  const Error no_video(Fault::input, fmt::format("{}: is no video that FFmpeg can read", path));
  if (is_text(path))
    throw Error(Fault::input,
                fmt::format("{}: is empty or text, not a recording; a detector's boxes go behind --detections", path));
  try {
    if (!video_.open(path, cv::CAP_FFMPEG)) throw no_video;
  } catch (const cv::Exception&) {
    throw no_video;
  }
  info_.name = path;
  info_.width = static_cast<int>(video_.get(cv::CAP_PROP_FRAME_WIDTH));
  info_.height = static_cast<int>(video_.get(cv::CAP_PROP_FRAME_HEIGHT));
  check_sides(path, info_.width, info_.height);
  info_.format = options.grey ? PixelFormat::grey8 : PixelFormat::bgr8;
  info_.fps = options.fps > 0 ? options.fps : video_.get(cv::CAP_PROP_FPS);
  if (!std::isfinite(info_.fps) || info_.fps < 0) info_.fps = 0;
  use_stamps_ = options.fps <= 0 && info_.fps > 0;

  const double counted = video_.get(cv::CAP_PROP_FRAME_COUNT);
  if (counts_frames(path) && counted > 0 && counted < 1e12) promised_ = static_cast<int64_t>(counted);
  if (options.start_nearby) {
    seek_near(options.start_frame);
  } else {
    skip_to(options.start_frame);
  }
  info_.random_access = promised_ > 0;
  if (options.frame_limit) end_ = position_ + std::max<int64_t>(*options.frame_limit, 0);
  if (promised_ > 0) info_.frame_count = std::max<int64_t>(std::min(promised_, end_) - position_, 0);
}

void VideoSource::skip_to(int64_t frame) {
  // Seeking in FFmpeg lands on key frames; counting is exact. The first wanted frame is grabbed to see that it exists.
  if (frame <= 0) return;
  while (video_.grab()) {
    if (position_ == frame) {
      grabbed_ = true;
      return;
    }
    ++position_;
  }
  throw Error(Fault::usage,
              fmt::format("{}: the start frame {} is beyond the last, {}", info_.name, frame, position_ - 1));
}

void VideoSource::seek_near(int64_t frame) {
  if (frame > 0) video_.set(cv::CAP_PROP_POS_FRAMES, static_cast<double>(frame));
  position_ = std::max<int64_t>(frame, 0);
}

void VideoSource::stamp(Frame& frame) {
  frame.device_time_ns.reset();
  if (!use_stamps_) return;
  const double milliseconds = video_.get(cv::CAP_PROP_POS_MSEC);
  int64_t stamp = std::isfinite(milliseconds) && std::abs(milliseconds) < 1e12 ? std::llround(milliseconds * 1e6) : -1;
  if (last_stamp_ && stamp <= *last_stamp_) stamp = *last_stamp_ + std::llround(1e9 / info_.fps);
  last_stamp_ = stamp;
  frame.device_time_ns = stamp;
}

bool VideoSource::next(Frame& frame) {
  if (position_ >= end_) return false;
  const auto size = static_cast<size_t>(info_.width) * static_cast<size_t>(info_.height) *
                    static_cast<size_t>(bytes_per_pixel(info_.format));
  frame.storage.resize(size);
  const bool grey = info_.format == PixelFormat::grey8;
  cv::Mat out(info_.height, info_.width, grey ? CV_8UC1 : CV_8UC3, frame.storage.data());
  cv::Mat& decoded = grey ? colour_ : out;
  const bool grabbed = grabbed_ || video_.grab();
  grabbed_ = false;
  if (!grabbed || !video_.retrieve(decoded)) {
    // Edit lists may hide a few frames that the index counts.
    if (position_ + 2 + promised_ / 100 < promised_) {
      throw Error(
          Fault::input,
          fmt::format("{}: ends after frame {} of {}: the file is truncated or damaged; copy or export it again",
                      info_.name, position_ - 1, promised_));
    }
    return false;
  }
  if (decoded.rows != info_.height || decoded.cols != info_.width || decoded.type() != CV_8UC3) {
    throw Error(Fault::input,
                fmt::format("{}: frame {} is {}x{} px, the others {}x{}: split the video where the size changes",
                            info_.name, position_, decoded.cols, decoded.rows, info_.width, info_.height));
  }
  if (grey) cv::cvtColor(decoded, out, cv::COLOR_BGR2GRAY);
  frame.view = {frame.storage.data(), info_.width, info_.height,
                static_cast<ptrdiff_t>(size / static_cast<size_t>(info_.height)), info_.format};
  frame.number = position_++;
  stamp(frame);
  return true;
}

}  // namespace flashcell::host
