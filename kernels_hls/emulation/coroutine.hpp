#pragma once
#include <memory>

namespace flashcell_emulation {

/// A stack of its own that runs one function after the other; each may stop in the middle and go on later. The stack is
/// made at the first start and kept. All calls from one thread. AddressSanitizer and ThreadSanitizer are told of every
/// change of stacks.
class Coroutine {
 public:
  Coroutine();
  ~Coroutine();
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;

  /// Runs function(argument) until it ends or suspends. It must not throw. Only when the one before has ended.
  void start(void (*function)(void*), void* argument);
  /// Goes on behind suspend().
  void resume();
  /// From inside: back to whoever started or resumed.
  void suspend();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flashcell_emulation
