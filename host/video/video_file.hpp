#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace flashcell::host {

enum class VideoKind : uint8_t {
  /// To look at: H.264 (x264, quality 23), else MPEG-4, in a fragmented MP4 that browsers play. Every second of playing
  /// time is written at once and whole, so that what is on disk plays whenever the program ends.
  viewing,
  /// To measure in: FFV1, every pixel as it was, in a QuickTime file, whose clock holds any frame rate. Complete only
  /// after finish().
  lossless,
};

struct VideoShape {
  int width = 0, height = 0;  ///< px; even for VideoKind::viewing
  bool colour = true;         ///< blue, green, red bytes; else one grey byte a pixel
  double fps = 30;            ///< of playing
};

/// A video file being written by FFmpeg's libraries, through a descriptor of ours, so that no write error is lost. The
/// same frames give the same bytes.
class VideoFile {
 public:
  /// Creates or empties `path`; null where FFmpeg has no encoder for this. Throws Error(Fault::input) where the file
  /// cannot be written.
  static std::unique_ptr<VideoFile> create(const std::filesystem::path& path, VideoKind kind, const VideoShape& shape);
  ~VideoFile();
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;

  /// The next frame; rows are `stride` bytes apart. Throws Error(Fault::input) when the disk is full or the file was
  /// removed; a `viewing` file then ends with its last whole fragment, and takes nothing any more.
  void write(const uint8_t* pixels, size_t stride);
  /// After the last frame. Throws as write().
  void finish();

 private:
  struct Impl;
  explicit VideoFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace flashcell::host
