#include "kernels_hls/emulation/coroutine.hpp"

#include <boost/context/detail/fcontext.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include "kernels_hls/emulation/sanitizer_fibers.hpp"

namespace flashcell_emulation {
namespace {

namespace context = boost::context;

/// Address space, not memory: pages come with their first use. A guard page ends it.
constexpr std::size_t kStackBytes = 1 << 24;  // only what is used takes memory: a kernel's tables lie here

}  // namespace

// Boost's lowest layer, because its fiber class enters the new stack where sanitizers cannot be told.
struct Coroutine::State {
  context::protected_fixedsize_stack allocator{kStackBytes};
  context::stack_context stack;
  context::detail::fcontext_t inner = nullptr;   // while suspended
  context::detail::fcontext_t caller = nullptr;  // while running
  void (*function)(void*) = nullptr;
  void* argument = nullptr;
  bool ended = false;  // no more functions to come
  StackBounds own_stack, caller_stack;
  void* own_fake_stack = nullptr;
  ThreadFiber thread_fiber;

  void create() {
    stack = allocator.allocate();
    own_stack.size = stack.size - context::stack_traits::page_size();
    own_stack.bottom = static_cast<const char*>(stack.sp) - own_stack.size;
    fresh_stack(own_stack);
    inner = context::detail::make_fcontext(stack.sp, own_stack.size, &State::run);
    thread_fiber.create();
  }

  void destroy() {
    ended = true;
    enter();
    thread_fiber.destroy();
    allocator.deallocate(stack);
  }

  /// First function on the new stack; never returns.
  static void run(context::detail::transfer_t from) {
    State& self = *static_cast<State*>(from.data);
    after_switch(nullptr, &self.caller_stack);
    self.caller = from.fctx;
    while (!self.ended) {
      self.function(self.argument);
      self.function = nullptr;
      self.leave();
    }
    before_switch(nullptr, self.caller_stack);
    self.thread_fiber.leave();
    context::detail::jump_fcontext(self.caller, nullptr);
  }

  void enter() {
    void* fake_stack = nullptr;
    before_switch(&fake_stack, own_stack);
    thread_fiber.enter();
    inner = context::detail::jump_fcontext(inner, this).fctx;
    after_switch(fake_stack, nullptr);
  }

  void leave() {
    before_switch(&own_fake_stack, caller_stack);
    thread_fiber.leave();
    caller = context::detail::jump_fcontext(caller, nullptr).fctx;
    after_switch(own_fake_stack, &caller_stack);
  }
};

Coroutine::Coroutine() : state_(new State) {}

Coroutine::~Coroutine() {
  if (state_->inner != nullptr) state_->destroy();
}

void Coroutine::start(void (*function)(void*), void* argument) {
  if (state_->inner == nullptr) state_->create();
  state_->function = function;
  state_->argument = argument;
  state_->enter();
}

void Coroutine::resume() {
  state_->enter();
}

void Coroutine::suspend() {
  state_->leave();
}

}  // namespace flashcell_emulation
