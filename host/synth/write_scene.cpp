#include "host/synth/write_scene.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/videoio.hpp>

#include "base/error.hpp"
#include "host/synth/synth_source.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

Error cannot_write(const fs::path& path) {
  return Error(Fault::input, fmt::format("{}: cannot write: is the disk full or the folder read-only?", path.string()));
}

void make_folder(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) throw Error(Fault::input, fmt::format("{}: cannot make the folder: {}", path.string(), failed.message()));
}

/// A text file that notices when the disk is full.
class TextFile {
 public:
  explicit TextFile(fs::path path) : path_(std::move(path)), out_(path_, std::ios::binary) { check(); }
  void write(const std::string& text) {
    out_ << text;
    check();
  }
  void close() {
    out_.close();
    check();
  }

 private:
  void check() const {
    if (!out_) throw cannot_write(path_);
  }
  fs::path path_;
  std::ofstream out_;
};

/// OpenCV prints a line about every tag that a container's table lacks, and no setting stops it. QuickTime players and
/// FFmpeg know FFV1 there all the same.
class SilentStderr {
 public:
  SilentStderr() : saved_(::dup(STDERR_FILENO)) {
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (saved_ >= 0 && null >= 0) ::dup2(null, STDERR_FILENO);
    if (null >= 0) ::close(null);
  }
  ~SilentStderr() {
    if (saved_ < 0) return;
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
  }
  SilentStderr(const SilentStderr&) = delete;
  SilentStderr& operator=(const SilentStderr&) = delete;

 private:
  int saved_;
};

class FrameWriter {
 public:
  FrameWriter(const fs::path& directory, SceneFile format, const SourceInfo& info) : format_(format), info_(info) {
    const cv::Size size(info.width, info.height);
    switch (format) {
      case SceneFile::video: {
        path_ = directory / "scene.mov";
        const SilentStderr silent;
        if (!video_.open(path_.string(), cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'), info.fps, size,
                         is_colour(info.format))) {
          throw cannot_write(path_);
        }
        break;
      }
      case SceneFile::images:
        path_ = directory / "frames";
        make_folder(path_);
        break;
      case SceneFile::raw:
        path_ = directory / "scene.raw";
        raw_.open(path_, std::ios::binary);
        break;
    }
  }

  void write(Frame& frame, int64_t index) {
    const cv::Mat image(info_.height, info_.width, is_colour(info_.format) ? CV_8UC3 : CV_8UC1, frame.storage.data());
    switch (format_) {
      case SceneFile::video:
        video_.write(image);
        break;
      case SceneFile::images: {
        const fs::path file = path_ / fmt::format("{:08}.png", index);
        if (!cv::imwrite(file.string(), image)) throw cannot_write(file);
        break;
      }
      case SceneFile::raw:
        raw_.write(reinterpret_cast<const char*>(frame.storage.data()),
                   static_cast<std::streamsize>(frame.storage.size()));
        if (!raw_) throw cannot_write(path_);
        break;
    }
  }

  void close() {
    video_.release();
    if (format_ != SceneFile::raw) return;
    raw_.close();
    if (!raw_) throw cannot_write(path_);
  }

 private:
  SceneFile format_;
  SourceInfo info_;
  fs::path path_;
  cv::VideoWriter video_;
  std::ofstream raw_;
};

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

void write_scene(const SceneParameters& parameters, const fs::path& directory, SceneFile format,
                 const std::function<void(int64_t, int64_t)>& progress) {
  SynthSource source(parameters, "synth");
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed)
    throw Error(Fault::input, fmt::format("{}: cannot make the folder: {}", directory.string(), failed.message()));

  TextFile scene(directory / "scene.txt");
  scene.write(fmt::format("{}\n{}\n", to_spec(parameters), how_to_open(format, source.info())));
  scene.close();
  TextFile mot(directory / "gt.txt");
  TextFile csv(directory / "truth.csv");
  csv.write(
      "# frame: of the scene, from 0; row: of the written frames, from 1; x, y: centroid in px; area, visible: px\n");
  csv.write("frame,row,id,x,y,left,top,width,height,area,visible,class\n");
  FrameWriter frames(directory, format, source.info());

  const int64_t total = source.info().frame_count.value_or(parameters.frames);
  Frame frame;
  for (int64_t row = 1; source.next(frame); ++row) {
    frames.write(frame, row - 1);
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
}

}  // namespace flashcell::host
