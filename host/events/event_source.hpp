#pragma once
#include <memory>
#include <optional>
#include <string>

#include "host/events/event_parameters.hpp"
#include "pipeline/source.hpp"

namespace flashcell {

/// What a recording of events does not say of itself.
struct EventSourceOptions {
  EventParameters parameters;
  int64_t start_frame = 0;             ///< first window delivered
  std::optional<int64_t> frame_limit;  ///< at most so many
  double fps = 0;                      ///< > 0: overrides the windows' rate; time stamps are dropped with it
  /// Windows come with a picture, too, for people: grey, off events black, on events white (a pixel's last one counts).
  bool pictures = true;
  bool keep_events = false;  ///< windows come with the events since the one before: Frame::events
};

/// Delivers the windows of a recording of events as frames with their foreground: Frame::cells. A frame's time is its
/// window's end in the camera's clock. Events between the last whole window and the recording's end, or the place where
/// it is damaged, are in one more. Throws Error(Fault::input) where there is no event, Error(Fault::usage) for
/// parameters that contradict each other.
std::unique_ptr<FrameSource> make_event_source(const std::string& path, const EventSourceOptions& options);

}  // namespace flashcell
