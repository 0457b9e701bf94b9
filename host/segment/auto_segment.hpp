#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "host/segment/segmenter.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// Frames that are worth sampling for auto_segment_parameters(), spread over the recording: more change little.
constexpr int kAutoSegmentFrames = 40;

/// A proposal for a recording that nobody has described.
struct AutoSegment {
  SegmentParameters parameters;
  uint32_t min_area = 1;            ///< px
  uint32_t max_area = 0xFFFFFFFFu;  ///< px
  std::string reason;               ///< what was seen in the frames and what follows from it, one line for the user
};

/// Proposes segmentation and area limits from frames spread over a recording. All have one geometry and format; at
/// least one.
///
/// What moves against the per-pixel median of the frames is taken for the objects. If one grey level tells it from
/// everything else, the proposal is that fixed threshold; if not, the running background. Where nothing moves or
/// everything does (few frames, a moving camera), it is Otsu's threshold or, on uneven light, the local adaptive one.
/// Typical object areas under the proposal give the area limits. Throws Error(Fault::usage) when there is no frame.
AutoSegment auto_segment_parameters(std::span<const FrameView> frames);

}  // namespace flashcell::host
