#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/sink.hpp"

namespace flashcell::host {

struct OverlayOptions {
  double trail_ms = 100;     ///< of recording time: how much of a track's path is drawn behind it
  double playback_fps = 30;  ///< frames/s of the video at most; a high-speed recording plays in slow motion
  int64_t every = 1;         ///< only every n-th frame is drawn and encoded
  int64_t max_frames = 900;  ///< video frames at most, then the sink stops: each takes 5 to 20 ms to draw and encode.
                             ///< 0: no limit
  bool live = false;         ///< leaves pictures out where drawing is behind, instead of making the run wait
  int max_side = 1280;       ///< px; larger frames are scaled down, small ones up
  /// Gets one line when the video cannot be made or ends early; may be empty.
  std::function<void(const std::string&)> warn = nullptr;
};

/// Every how many frames a recording of `fps` frames/s is drawn where nobody says: as few as 900 pictures need that
/// show all of it, and never so few that motion would be less fluent than 30 a second of recording. `frames`: of the
/// recording, where known.
int64_t overlay_step(double fps, std::optional<int64_t> frames);

/// `overlay.mp4`: the frames with every track's box, ellipse, id, class name and trail drawn on; predicted ones dashed.
/// A strip on top says frame, recording time and how much slower than life the video plays. Encoded as
/// VideoKind::viewing: it plays up to its last second whenever the run ends. Drawing and encoding have a thread of
/// their own. Without an encoder it warns and does nothing. Throws Error(Fault::input) when the file cannot be written.
std::unique_ptr<Sink> make_overlay_sink(std::filesystem::path path, OverlayOptions options = {});

}  // namespace flashcell::host
