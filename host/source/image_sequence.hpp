#pragma once
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "host/source/source_options.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// Image files as frames, one file after the other, every page of a TIFF. 8-bit grey or colour and 16-bit grey;
/// transparency is left out; sides up to 4096, which each file's header is asked before it is decoded. The first
/// readable image sets size and format; images that differ, vanish or cannot be read are left out, keep their number,
/// and end the sequence with one Error(Fault::input).
class ImageSequence : public FrameSource {
 public:
  /// `name`: for messages. Throws Error(Fault::input) when there is no image or not one can be read.
  ImageSequence(const std::string& name, std::vector<std::filesystem::path> files, const SourceOptions& options);

  const SourceInfo& info() const override { return info_; }
  bool next(Frame& frame) override;

 private:
  struct Page {
    size_t file;
    int page;
    bool alone;  // the file's only page
  };

  void add_pages(size_t file);
  /// Image `index`; empty where it cannot be had, and `reason` says why.
  cv::Mat read(size_t index, std::string& reason);
  cv::Mat read_alone(const std::filesystem::path& path, std::string& reason) const;
  /// Notes why image `index` is left out.
  void leave_out(size_t index, const std::string& reason);

  std::vector<std::filesystem::path> files_;
  std::vector<Page> pages_;
  std::vector<int> chunk_pages_;  // of each file: pages read together
  SourceInfo info_;
  int flags_ = 0, type_ = 0;  // of OpenCV
  size_t position_ = 0;
  int64_t delivered_ = 0, limit_ = INT64_MAX;
  std::vector<cv::Mat> chunk_;  // pages of a TIFF read together
  size_t chunk_first_ = 0;      // index of chunk_[0]
  size_t left_out_ = 0;
  std::string damage_;  // of the first image left out
};

}  // namespace flashcell::host
