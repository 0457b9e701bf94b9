#include "host/events/event_order.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace flashcell {

void check_events(const std::string& name, std::span<const Event> events, int width, int height, int64_t time_us) {
  for (const Event& event : events) {
    if (event.x >= width || event.y >= height)
      throw Error(Fault::input, fmt::format("{}: an event at pixel {},{} is outside of the sensor, {}x{} pixels", name,
                                            event.x, event.y, width, height));
    if (event.time_us < time_us)
      throw Error(Fault::input, fmt::format("{}: an event at {} us comes after {} us; sort the events by time", name,
                                            event.time_us, time_us));
    time_us = event.time_us;
  }
}

}  // namespace flashcell
