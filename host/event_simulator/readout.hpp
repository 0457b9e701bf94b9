#pragma once
#include <cstdint>
#include <vector>

#include "pipeline/event.hpp"

namespace flashcell::host {

/// The way from pixels to the recording: events that came in any order leave in the order of their times, one after the
/// other where the readout is slower than they come (a queue, first come first served). Events of one microsecond keep
/// the order in which they were given.
class Readout {
 public:
  /// `events_per_second` 0: any number.
  explicit Readout(double events_per_second) : interval_ns_(events_per_second > 0 ? 1e9 / events_per_second : 0) {}

  std::vector<Event>& waiting() { return waiting_; }

  /// Appends to `out` what leaves before `time_us`; nothing that is given later may be earlier.
  void release(int64_t time_us, std::vector<Event>& out);

 private:
  void sort();

  double interval_ns_, free_ns_ = 0;  // free_ns_: since epoch_us_
  int64_t epoch_us_ = INT64_MIN;
  std::vector<Event> waiting_, sorted_;
  std::vector<uint32_t> places_;
};

}  // namespace flashcell::host
