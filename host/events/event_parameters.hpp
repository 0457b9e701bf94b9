#pragma once
#include <cstdint>
#include <string>

#include "base/named_value.hpp"

namespace flashcell {

/// A length of a recording of events: by time, or by their number. Of both at most one is not 0.
struct EventSpan {
  int64_t us = 0;      ///< microseconds
  int64_t events = 0;  ///< events

  bool given() const { return us > 0 || events > 0; }
  friend bool operator==(const EventSpan&, const EventSpan&) = default;
};

constexpr int64_t kLongestSpanUs = 600'000'000;  ///< ten minutes
constexpr int64_t kMostSpanEvents = 100'000'000;

/// From "1000us", "1.5ms", "2s" or "5000ev"; "" is none. Throws std::invalid_argument that says what is wrong: what is
/// no such text, more than kLongestSpanUs or kMostSpanEvents, or no whole number of microseconds.
EventSpan parse_event_span(const std::string& text);
std::string to_text(const EventSpan& span);  ///< as parse_event_span() reads it: "1000us", "5000ev", ""

/// How long an event is seen: for so many windows, or for a time after it.
struct EventStay {
  int64_t windows = 1;
  int64_t us = 0;  ///< > 0: instead, until its pixel's last event is that old

  friend bool operator==(const EventStay&, const EventStay&) = default;
};
EventStay parse_event_stay(const std::string& text);  ///< "3" or "1500us"; throws as parse_event_span()
std::string to_text(const EventStay& stay);

enum class EventPolarity : uint8_t { both, on, off };
constexpr NamedValue<EventPolarity> kEventPolarities[] = {
    {EventPolarity::both, "both"}, {EventPolarity::on, "on"}, {EventPolarity::off, "off"}};

/// How a recording of events becomes frames: the configuration file's [events] section.
struct EventParameters {
  EventSpan window{1000, 0};  ///< what one frame shows
  EventSpan step;             ///< from a frame to the next; none: the window
  EventStay stay;
  EventPolarity polarity = EventPolarity::both;  ///< events of the other are left out
  double hot_pixels = 20;    ///< a pixel whose rate is higher than so many times the others' is left out; 0: none is
  int64_t hot_us = 200'000;  ///< beginning of the recording over which rates are counted
  int64_t noise_us = 0;  ///< an event without another one in the eight pixels around it within so long before is left
                         ///< out; 0: none is
  int width = 0, height = 0;  ///< px of the sensor; 0: as recorded
};

/// What in it contradicts itself, as one line that names keys; empty: nothing.
std::string fault_of(const EventParameters& parameters);

}  // namespace flashcell
