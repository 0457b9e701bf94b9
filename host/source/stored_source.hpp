#pragma once
#include <memory>
#include <vector>

#include "base/random_reader.hpp"
#include "host/source/frame_layout.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// Delivers the frames that a parser found in a file. A file that is cut while it is read gives every frame that is
/// still whole, in order up to the first that is not, then Error(Fault::input).
class StoredSource : public FrameSource {
 public:
  /// Throws Error(Fault::usage) when options.start_frame lies beyond the last frame.
  StoredSource(std::unique_ptr<FileReader> file, FrameLayout layout, const SourceOptions& options);

  const SourceInfo& info() const override { return layout_.info; }
  bool next(Frame& frame) override;

 private:
  std::unique_ptr<FileReader> file_;
  FrameLayout layout_;
  std::vector<uint8_t> stored_;  // of one frame whose pixels have to be decoded
  size_t position_ = 0, end_ = 0;
  bool limited_ = false;  // the end is the caller's, not the recording's
};

}  // namespace flashcell::host
