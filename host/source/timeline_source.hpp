#pragma once
#include "pipeline/source.hpp"

namespace flashcell::host {

/// Frames that are a number and nothing else, from 0 to info.frame_count - 1: of a run whose objects come from
/// somewhere else than pixels.
class TimelineSource : public FrameSource {
 public:
  /// `info`: as it will be told; has_pixels is false and frame_count known.
  explicit TimelineSource(const SourceInfo& info);

  const SourceInfo& info() const override { return info_; }
  bool next(Frame& frame) override;

 private:
  SourceInfo info_;
  int64_t position_ = 0;
};

}  // namespace flashcell::host
