#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "host/config/config.hpp"
#include "host/run/observer.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// An input that is open, with the frame rate settled.
struct Recording {
  std::unique_ptr<FrameSource> source;
  double fps = 0;  ///< frames/s
  /// Opens it once more, from its start; empty where that cannot be done.
  std::function<std::unique_ptr<FrameSource>()> open_again;
  /// Opens it at its so manieth frame, for so many; a video may begin a few frames away. Empty where that takes as long
  /// as reading what comes before.
  std::function<std::unique_ptr<FrameSource>(int64_t frame, int64_t frames)> open_at;
  /// Opens what is open in grey with its colours, if it has any: from that frame on, as open_at does, or with 0 frames
  /// the whole of it. Empty where it cannot be opened again, or is open in colour.
  std::function<std::unique_ptr<FrameSource>(int64_t frame, int64_t frames)> open_in_colour;
};

/// What frames are to come with.
struct FrameWishes {
  bool colour = false;   ///< where the recording has any
  bool pictures = true;  ///< of an event camera's windows, for people
  bool events = false;   ///< of an event camera: Frame::events
};

/// Opens INPUT as the configuration's [input] says; in grey where neither the configuration nor the caller needs
/// colour. Throws Error(Fault::input), and
/// Error(Fault::usage) when nobody states the frame rate.
Recording open_recording(const std::string& input, const Config& config, const FrameWishes& wishes = {});

/// Warns of regions that hold no pixel of the recording's frames.
void warn_of_empty_regions(const Recording& recording, const Config& config, RunObserver& observer);

/// Memory for the frames that were looked at.
constexpr int64_t kMostLookAheadBytes = int64_t{512} << 20;

/// With segment.method = auto: looks at frames spread over the recording (sampled_frames()) and fills [segment] and
/// label.min_area/max_area in. Returns the reason in one line, or "" when there was nothing to do, as where frames come
/// with their foreground. The region of interest stays. With segment.method = median: computes the scene that objects
/// are told from, unless it has one. Where `stop` is set meanwhile, nothing is settled.
///
/// `recording` then delivers every frame all the same. Recordings of up to 2000 frames are read whole, and come from
/// memory afterwards; where they do not fit into `most_bytes` they are read twice. Longer ones are looked at in places
/// where that can be done (open_at), else their first 2000 frames; of what cannot be opened again, a live source, only
/// as many are looked at as fit. Colours are looked at as well where it has any, and it is opened anew in colour where
/// they are chosen.
std::string settle_segmentation(Recording& recording, Config& config, RunObserver& observer,
                                const std::atomic<bool>* stop = nullptr, int64_t most_bytes = kMostLookAheadBytes);

}  // namespace flashcell::host
