#pragma once
#include <cstdint>

namespace flashcell {

/// One change of brightness at one pixel, as an event camera reports it.
struct Event {
  int64_t time_us = 0;  ///< microseconds of the camera's clock
  uint16_t x = 0;       ///< pixel, from the left
  uint16_t y = 0;       ///< pixel, from the top
  bool on = false;      ///< true: brighter, false: darker

  friend bool operator==(const Event&, const Event&) = default;
};
static_assert(sizeof(Event) == 16);

}  // namespace flashcell
