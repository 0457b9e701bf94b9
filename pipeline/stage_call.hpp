#pragma once

namespace flashcell {

/// A member function as the body of a oneTBB filter. In a file of its own, because ThreadSanitizer cannot see how
/// oneTBB hands such objects to its threads: tests/support/tsan_suppressions.txt names this file, and nothing but the
/// two pointers is read here.
template <class Owner, class Out, class In>
struct StageCall {
  Owner* owner;
  Out (Owner::*stage)(In);

  Out operator()(In in) const { return (owner->*stage)(in); }
};

template <class Owner, class Out, class In>
StageCall<Owner, Out, In> stage_call(Owner* owner, Out (Owner::*stage)(In)) {
  return {owner, stage};
}

}  // namespace flashcell
