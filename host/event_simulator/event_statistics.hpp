#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/event.hpp"

namespace flashcell::host {

/// What tells one event camera's recording from another's.
struct EventStatistics {
  int64_t count = 0;
  double seconds = 0;        ///< from the first event to the last
  double rate_hz = 0;        ///< events a second and pixel of the sensor
  double active_share = 0;   ///< of the pixels: with an event at least
  double on_share = 0;       ///< of the events
  double same_polarity = 0;  ///< share of a pixel's events that have the direction of the one before
  /// Quantiles of the time between two events of a pixel, us; 0 where no pixel has two.
  double interval_5_us = 0, interval_median_us = 0, interval_95_us = 0;
  /// Numbers of events in slices of 1 ms. Variance over mean is 1 of events that come independently; of others it grows
  /// with their number, so that it compares recordings of equally many events only.
  double fano_1ms = 0;
  /// What compares others: the standard deviation of the rate beyond that of independent events, over its mean.
  double rate_spread_1ms = 0;
  /// The same of how the rate differs from one slice to the next: what comes in bursts shorter than some ms.
  double rate_jump_1ms = 0;
};

/// Of events in the order of their times on a sensor of `width` x `height` pixels.
EventStatistics event_statistics(std::span<const Event> events, int width, int height);

}  // namespace flashcell::host
