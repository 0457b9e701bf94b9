#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/segment/segmenter.hpp"
#include "kernels_hls/contract/object.hpp"
#include "pipeline/frame.hpp"
#include "tracking/object_count.hpp"

namespace flashcell::host {

/// Frames of a recording that are looked at: groups of kSampledInARow that follow one another, at kSampledPlaces places
/// over the recording. In a row objects can be linked; from place to place it shows what stays where it is.
constexpr int kSampledPlaces = 16, kSampledInARow = 3;
constexpr int kSampledFrames = kSampledPlaces * kSampledInARow;

/// Numbers of the frames to look at, of a recording of so many: rising, all where there are few.
std::vector<int64_t> sampled_frames(int64_t frames);

/// What is known of a recording beside its frames.
struct SegmentQuestion {
  std::vector<SegmentRegion>
      regions;                  ///< nothing outside of them is looked at; they may have counts, which then stand for
  tracking::ObjectCount count;  ///< how many objects there are
  std::optional<contract::Connectivity> connectivity;  ///< none: proposed
  uint32_t min_area = 1, max_area = 0xFFFFFFFFu;       ///< px; nothing smaller or larger is looked at
  std::span<const FrameView> colour;  ///< the frames in colour, where they are looked at in grey; or none
  bool live = false;                  ///< more is to come than was seen: no background that is known beforehand
};

/// How well one way to segment does, all 0..1.
struct SegmentMerits {
  std::string name;     ///< e.g. "threshold, dark"
  double score = 0;     ///< of all below
  double followed = 0;  ///< objects that are found again in the next frame, above chance
  double steady = 0;    ///< how little their areas change from frame to frame
  double motion = 0;    ///< of what moves, the share that is in objects or at their outlines
  double moving = 0;    ///< of the objects' pixels, the share that is in motion
  double subjects = 0;  ///< of the objects, the share that move or look like those that do
  double count = 0;     ///< how little their number changes; where the count is known, how near
                        ///< it is, over frames (and regions)
  double contrast = 0;  ///< against their surroundings, beside the noise
  double objects = 0;   ///< a frame (no share)
};

/// A proposal for a recording that nobody has described.
struct AutoSegment {
  SegmentParameters parameters;
  contract::Connectivity connectivity = contract::Connectivity::exact8;  ///< or as the question says
  uint32_t min_area = 1;                                                 ///< px
  uint32_t max_area = 0xFFFFFFFFu;                                       ///< px
  std::string reason;                ///< what was seen in the frames, what follows from it, and by how much it won
  std::vector<SegmentMerits> tried;  ///< all ways that were tried, best first
};

/// Proposes segmentation and area limits from frames spread over a recording (numbers as from sampled_frames()). All
/// have one geometry and format; at least one.
///
/// Every way to segment is tried on the frames, and its objects are linked from frame to frame. That one is proposed
/// whose objects behave as things do: found again in the next frame, of steady size, standing out, few of them
/// scenery that never moves, and nearly all of what moves among them. Area limits keep what moves and what looks
/// like it; they go midway to what does not. Objects are pixels that touch, unless a count is known that they do not
/// meet by any way: then they are tried as cells that touch, too, which keep an animal and its legs in one piece.
/// Throws Error(Fault::usage) when there is no frame.
AutoSegment auto_segment_parameters(std::span<const FrameView> frames, std::span<const int64_t> numbers,
                                    const SegmentQuestion& question = {});

}  // namespace flashcell::host
