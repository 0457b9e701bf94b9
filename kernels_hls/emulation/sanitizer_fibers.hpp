#pragma once
#include <stddef.h>

// What sanitizers want to know when the processor changes stacks; nothing without them.
#if defined(__SANITIZE_ADDRESS__)
#define FLASHCELL_ASAN_FIBERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLASHCELL_ASAN_FIBERS 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define FLASHCELL_TSAN_FIBERS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FLASHCELL_TSAN_FIBERS 1
#endif
#endif

#ifdef FLASHCELL_ASAN_FIBERS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FLASHCELL_TSAN_FIBERS
#include <sanitizer/tsan_interface.h>
#endif

namespace flashcell_emulation {

struct StackBounds {
  const void* bottom = nullptr;
  size_t size = 0;
};

/// Memory that becomes a stack: what AddressSanitizer remembers of an earlier stack at this place is forgotten.
inline void fresh_stack([[maybe_unused]] const StackBounds& stack) {
#ifdef FLASHCELL_ASAN_FIBERS
  __asan_unpoison_memory_region(stack.bottom, stack.size);
#endif
}

/// Before a change to the stack `to`. `fake_stack` keeps what AddressSanitizer has of this one; null: it will not be
/// used again.
inline void before_switch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const StackBounds& to) {
#ifdef FLASHCELL_ASAN_FIBERS
  __sanitizer_start_switch_fiber(fake_stack, to.bottom, to.size);
#endif
}

/// First thing on the new stack; `from` gets the bounds of the one that was left, where wanted.
inline void after_switch([[maybe_unused]] void* fake_stack, [[maybe_unused]] StackBounds* from) {
#ifdef FLASHCELL_ASAN_FIBERS
  __sanitizer_finish_switch_fiber(fake_stack, from != nullptr ? &from->bottom : nullptr,
                                  from != nullptr ? &from->size : nullptr);
#endif
}

/// A coroutine as ThreadSanitizer sees it. It keeps a list of calls for each fiber: a function that changes fibers must
/// not be a call of its own.
class ThreadFiber {
 public:
#ifdef FLASHCELL_TSAN_FIBERS
  void create() {
    fiber_ = __tsan_create_fiber(0);
  }
  void destroy() {
    __tsan_destroy_fiber(fiber_);
  }
  __attribute__((always_inline)) void enter() {
    caller_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber_, 0);
  }
  __attribute__((always_inline)) void leave() {
    __tsan_switch_to_fiber(caller_, 0);
  }

 private:
  void *fiber_ = nullptr, *caller_ = nullptr;
#else
  void create() {}
  void destroy() {}
  void enter() {}
  void leave() {}
#endif
};

}  // namespace flashcell_emulation
