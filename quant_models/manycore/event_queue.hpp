#pragma once
#include <cstdint>
#include <queue>
#include <vector>

#include "quant_models/manycore/fabric.hpp"

namespace flashcell::quant::manycore {

/// What is to happen, in the order of its time; what is to happen at one time in the order in which it was put in.
template <class What>
class EventQueue {
 public:
  void add(Picoseconds time, const What& what) { events_.push({time, count_++, what}); }
  bool empty() const { return events_.empty(); }
  Picoseconds next_time() const { return events_.top().time; }
  /// Removes the next one.
  What take() {
    const What what = events_.top().what;
    events_.pop();
    return what;
  }
  uint64_t count() const { return count_; }

 private:
  struct Event {
    Picoseconds time;
    uint64_t order;
    What what;
    bool operator<(const Event& other) const { return time != other.time ? time > other.time : order > other.order; }
  };

  std::priority_queue<Event> events_;
  uint64_t count_ = 0;
};

}  // namespace flashcell::quant::manycore
