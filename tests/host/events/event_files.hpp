#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/events/unpack.hpp"
#include "pipeline/event.hpp"

// Recordings of events, composed byte by byte from the formats' descriptions.
namespace flashcell::test {

using EventBytes = std::vector<uint8_t>;

/// Events in the order of their times, at places of a sensor of that size; several often share time or row.
std::vector<Event> random_events(size_t count, int width, int height, uint32_t seed);

/// A disc that moves evenly over a dark ground.
struct MovingDisc {
  double x, y;    ///< px, at time 0
  double vx, vy;  ///< px/s
  double radius;  ///< px
};

/// What an ideal sensor sends of discs that do not meet, from time 0 to `end_us`: a pixel's on event when a disc comes
/// over its centre, its off event when it leaves, to 10 us.
std::vector<Event> disc_events(const std::vector<MovingDisc>& discs, int64_t end_us, int width, int height);

EventBytes make_evt2(const std::vector<Event>& events);
/// `upper_half_first`: as IMX636 sends it.
EventBytes make_evt21(const std::vector<Event>& events, bool upper_half_first);
/// Runs of neighbours with the same time and polarity become vectors.
EventBytes make_evt3(const std::vector<Event>& events);
EventBytes make_dat(const std::vector<Event>& events, int version);
/// As a DAVIS240C sends it, with samples of frames and of motion between the events.
EventBytes make_aedat2(const std::vector<Event>& events);
/// With a packet of another type before each of events, and an invalid event in each.
EventBytes make_aedat3(const std::vector<Event>& events, size_t packet);
/// With packets of another stream between those of events.
EventBytes make_aedat4(const std::vector<Event>& events, int width, int height, size_t packet, Packing packing);
EventBytes make_nmnist(const std::vector<Event>& events);
enum class StreamKind : uint8_t { generic = 0, dvs = 1, atis = 2, colour = 4 };
EventBytes make_event_stream(const std::vector<Event>& events, int width, int height, StreamKind kind);

}  // namespace flashcell::test
