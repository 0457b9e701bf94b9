#pragma once
#include <stddef.h>
#include <stdint.h>

#include <exception>
#include <new>
#include <type_traits>

#include "kernels_hls/emulation/fifo.hpp"

// Behind the macros of kernels_hls/common/hls.hpp in CPU builds. Kernel code uses those, not this.
namespace flashcell_emulation {

struct Task;
struct StageClock;
class StallingPipeline;

/// FLASHCELL_DATAFLOW … FLASHCELL_DATAFLOW_END: stages that run at the same time.
class Region {
 public:
  explicit Region(const char* name);
  ~Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  const char* name() const { return name_; }
  Region* outer() const { return outer_; }
  const Task* owner() const { return owner_; }
  const Task* first() const { return first_; }
  bool failed() const { return failed_; }

 private:
  friend class Scheduler;
  friend class CycleModel;

  const char* name_;
  Region* outer_;          ///< open around this one in the same stage
  Task* owner_;            ///< the stage that opened it; null: the thread itself
  Task* first_ = nullptr;  ///< its stages, in order
  Task* last_ = nullptr;
  int running_ = 0;
  bool failed_ = false;
  std::exception_ptr error_;
  int64_t begin_ = 0, end_ = 0;  ///< clocks
};

/// A stage's closure: references only, so that it is bytes to copy.
struct StageCall {
  static constexpr size_t kBytes = 512;
  alignas(alignof(void*)) unsigned char closure[kBytes];
  void (*run)(void* closure);
};

void add_stage(const char* text, const StageCall& call);

/// FLASHCELL_STAGE: `text` is the call as written.
template <class Call>
void add_stage(const char* text, const Call& call) {
  static_assert(sizeof(Call) <= StageCall::kBytes, "the call names too many variables");
  static_assert(std::is_trivially_destructible<Call>::value, "a stage's call captures by reference");
  StageCall stage;
  new (stage.closure) Call(call);
  stage.run = [](void* closure) { (*static_cast<Call*>(closure))(); };
  add_stage(text, stage);
}

/// FLASHCELL_DATAFLOW_END: runs the stages of the innermost open region and throws what one of them threw.
void run_region();

/// FLASHCELL_LOOP, FLASHCELL_ITERATION.
class Loop {
 public:
  Loop(int interval, int depth) : interval_(interval), depth_(depth) {
    if (any_simulation()) start();
  }
  ~Loop() {
    if (clock_ != nullptr) leave();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// True once: the macro is a `for` of one pass around the loop, to see where it ends.
  bool enter() {
    const bool first = !entered_;
    entered_ = true;
    if (!first && pipeline_ != nullptr) drain();
    return first;
  }
  void iterate() {
    if (clock_ != nullptr) next();
  }
  int depth() const { return depth_; }
  StallingPipeline* pipeline() const { return pipeline_; }
  /// What is under way in a pipeline that stalls comes out.
  void drain();

 private:
  void start();
  void next();
  void leave();

  const int interval_;
  int depth_;
  bool entered_ = false, iterated_ = false;
  StageClock* clock_ = nullptr;  ///< of the stage, in a simulation that follows loops
  Loop* outer_ = nullptr;
  StallingPipeline* pipeline_ = nullptr;  ///< owned; PipelineStyle::stalling
};

/// FLASHCELL_BURST.
void burst();

}  // namespace flashcell_emulation
