#pragma once
#include <memory>

#include "host/source/frame_layout.hpp"
#include "host/source/mapped_file.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// Delivers the frames that a parser found in a mapped file.
class MappedSource : public FrameSource {
 public:
  /// Throws Error(Fault::usage) when options.start_frame lies beyond the last frame.
  MappedSource(std::unique_ptr<MappedFile> file, FrameLayout layout, const SourceOptions& options);

  const SourceInfo& info() const override { return layout_.info; }
  bool next(Frame& frame) override;

 private:
  std::unique_ptr<MappedFile> file_;
  FrameLayout layout_;
  size_t position_ = 0, end_ = 0;
  bool limited_ = false;  // the end is the caller's, not the recording's
};

}  // namespace flashcell::host
