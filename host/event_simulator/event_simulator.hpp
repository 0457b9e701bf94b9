#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "host/event_simulator/event_sensor.hpp"
#include "pipeline/event.hpp"

namespace flashcell::host {

/// Events that an event camera would give of a sequence of frames. Between two frames a pixel's log intensity is taken
/// to change linearly, so that an event's time is where it crosses the threshold (ESIM): frames must come as often as
/// things move about a pixel. The same events for the same frames, sensor and seed, whatever the number of threads and
/// on every machine.
class EventSimulator {
 public:
  /// Pixels 1..65535 each way. `threads` 0: one for each processor. Throws Error(Fault::usage) as check() does.
  EventSimulator(const EventSensor& sensor, int width, int height, int threads = 0);
  ~EventSimulator();
  EventSimulator(const EventSimulator&) = delete;
  EventSimulator& operator=(const EventSimulator&) = delete;

  /// The next frame, `width` * `height` values proportional to light (EventSensor says the unit), row by row, at
  /// `time_ns`. Appends to `out` the events before it, in the order of their times; the first frame only sets what
  /// later ones are compared with. Throws Error(Fault::input) where the time is not after that of the frame before, or
  /// more than 1 s after it.
  void advance(std::span<const float> light, int64_t time_ns, std::vector<Event>& out);

  /// After the last frame: events that were still on their way out.
  void finish(std::vector<Event>& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flashcell::host
