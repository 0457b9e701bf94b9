#pragma once
#include <cstdint>
#include <vector>

#include "host/events/event_parameters.hpp"
#include "host/events/event_reader.hpp"

namespace flashcell {

/// What the beginning of a recording shows.
struct EventBeginning {
  double events_per_s = 0;          ///< 0: too short to say
  std::vector<uint64_t> hot_cells;  ///< the pixels that fire far more often than others, as Frame::cells; or empty
  uint64_t hot_pixels = 0;          ///< so many
};

/// Reads parameters.hot_us of a recording of `width` x `height` px from its beginning. A pixel is hot that fired at
/// least ten times, and more than parameters.hot_pixels times as often as the median of the pixels that fired, and as
/// the mean of the eight around it: light that moves or flickers wakes neighbours. Damage ends the reading. Throws
/// Error(Fault::input) where there is no event at all.
EventBeginning look_at_beginning(EventReader& reader, const EventParameters& parameters, int width, int height,
                                 const std::string& name);

}  // namespace flashcell
