#pragma once
#include <atomic>
#include <cstdint>

namespace flashcell {

/// A member function as the body of a oneTBB filter. In a file of its own, because ThreadSanitizer cannot see how
/// oneTBB hands such objects to its threads: tests/support/tsan_suppressions.txt names this file, and nothing but the
/// two pointers is read here. What was done before stage_call() is seen by every call, also by ThreadSanitizer.
template <class Owner, class Out, class In>
struct StageCall {
  Owner* owner;
  Out (Owner::*stage)(In);

  Out operator()(In in) const {
    made().load(std::memory_order_acquire);
    return (owner->*stage)(in);
  }

  /// Rises with each call of stage_call(). Static, so that no thread has to be told where it is.
  static std::atomic<uint32_t>& made() {
    static constinit std::atomic<uint32_t> count{0};
    return count;
  }
};

template <class Owner, class Out, class In>
StageCall<Owner, Out, In> stage_call(Owner* owner, Out (Owner::*stage)(In)) {
  StageCall<Owner, Out, In>::made().fetch_add(1, std::memory_order_release);
  return {owner, stage};
}

}  // namespace flashcell
