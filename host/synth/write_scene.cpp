#include "host/synth/write_scene.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "host/synth/synth_source.hpp"
#include "host/video/video_file.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) throw Error(Fault::input, fmt::format("{}: cannot make the folder: {}", path.string(), failed.message()));
}

/// A file written from its beginning to its end.
class OutputFile {
 public:
  explicit OutputFile(fs::path path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) throw_write_error(path_, errno);
  }
  ~OutputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes) {
    if (write_all(descriptor_, bytes) < bytes.size()) throw_write_error(path_, errno);
  }
  void close() {
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) throw_write_error(path_, errno);
  }

 private:
  fs::path path_;
  int descriptor_;
};

std::string_view pixels_of(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.storage.data()), frame.storage.size()};
}

class FrameWriter {
 public:
  FrameWriter(const fs::path& directory, SceneFile format, const SourceInfo& info) : info_(info) {
    switch (format) {
      case SceneFile::video:
        video_ = VideoFile::create(directory / "scene.mov", VideoKind::lossless,
                                   {info.width, info.height, is_colour(info.format), info.fps});
        if (!video_)
          throw Error(Fault::input, "scene.mov: FFmpeg's libavcodec has no FFV1 encoder here; --format raw needs none");
        break;
      case SceneFile::images:
        images_ = directory / "frames";
        make_folder(images_);
        break;
      case SceneFile::raw:
        raw_.emplace(directory / "scene.raw");
        break;
    }
  }

  void write(Frame& frame, int64_t index) {
    if (video_) {
      video_->write(frame.storage.data(), static_cast<size_t>(info_.width) * bytes_per_pixel(info_.format));
    } else if (raw_) {
      raw_->write(pixels_of(frame));
    } else {
      const cv::Mat image(info_.height, info_.width, is_colour(info_.format) ? CV_8UC3 : CV_8UC1, frame.storage.data());
      std::vector<uint8_t> png;
      cv::imencode(".png", image, png);
      OutputFile file(images_ / image_name(index));
      file.write({reinterpret_cast<const char*>(png.data()), png.size()});
      file.close();
    }
  }

  void close() {
    if (video_) video_->finish();
    if (raw_) raw_->close();
  }

 private:
  SourceInfo info_;
  fs::path images_;
  std::unique_ptr<VideoFile> video_;
  std::optional<OutputFile> raw_;
};

void write_actions(const Scene& scene, const fs::path& path) {
  std::string text = "# first, last: frames of the scene, from 0, both included\nid,first,last,action\n";
  for (const TruthSpan& span : scene.actions())
    text += fmt::format("{},{},{},{}\n", span.id, span.first, span.last, span.action);
  OutputFile file(path);
  file.write(text);
  file.close();
}

std::string how_to_open(SceneFile format, const SourceInfo& info) {
  switch (format) {
    case SceneFile::video:
      return "scene.mov";
    case SceneFile::images:
      return fmt::format("frames/ at {} frames/s", info.fps);
    case SceneFile::raw:
      break;
  }
  return fmt::format("scene.raw: {}x{} {}, {} frames/s", info.width, info.height,
                     is_colour(info.format) ? "bgr8" : "grey8", info.fps);
}

}  // namespace

std::string image_name(int64_t index) {
  return fmt::format("{:08}.png", index);
}

int64_t write_scene(const SceneParameters& parameters, const fs::path& directory, SceneFile format,
                    const std::function<void(int64_t, int64_t)>& progress, const std::atomic<bool>* stop) {
  SynthSource source(parameters, "synth");
  make_folder(directory);
  OutputFile scene(directory / "scene.txt");
  scene.write(fmt::format("{}\n{}\n", to_spec(parameters), how_to_open(format, source.info())));
  scene.close();
  OutputFile mot(directory / "gt.txt");
  OutputFile csv(directory / "truth.csv");
  csv.write(
      "# first_frame: 0\n# frame: of the scene, from 0; row: of the written frames, from 1; x, y: centroid in px; "
      "area, visible: px\n");
  csv.write("frame,row,id,x,y,left,top,width,height,area,visible,class\n");
  if (parameters.actions) write_actions(source.scene(), directory / "actions.csv");
  FrameWriter frames(directory, format, source.info());

  const int64_t total = source.info().frame_count.value_or(parameters.frames);
  Frame frame;
  int64_t written = 0;
  while (!(stop != nullptr && *stop) && source.next(frame)) {
    frames.write(frame, written);
    const int64_t row = ++written;
    std::string mot_rows, csv_rows;
    for (const TruthObject& t : source.scene().truth(frame.number)) {
      if (t.area == 0) continue;
      const int width = t.right - t.left + 1, height = t.bottom - t.top + 1;
      if (t.visible > 0)
        mot_rows += fmt::format("{},{},{},{},{},{},1,-1,-1,-1\n", row, t.id, t.left, t.top, width, height);
      csv_rows += fmt::format("{},{},{},{:.4f},{:.4f},{},{},{},{},{},{},{}\n", frame.number, row, t.id, t.x, t.y,
                              t.left, t.top, width, height, t.area, t.visible, t.class_name);
    }
    mot.write(mot_rows);
    csv.write(csv_rows);
    if (progress) progress(row, total);
  }
  frames.close();
  mot.close();
  csv.close();
  return written;
}

}  // namespace flashcell::host
