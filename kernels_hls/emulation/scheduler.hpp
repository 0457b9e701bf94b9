#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels_hls/emulation/coroutine.hpp"
#include "kernels_hls/emulation/dataflow.hpp"

namespace flashcell_emulation {

/// The clock of one run of a stage, by the model of README.md.
struct StageClock {
  int64_t begin = 0, now = 0;
  int64_t iterations = 0, waits_input = 0, waits_output = 0, waits_memory = 0;
  Loop* loop = nullptr;  ///< innermost
  int nameless = 0;      ///< streams without a name that the stage has been the first to write
};

/// A stage of a region that runs.
struct Task {
  enum class State { fresh, runs, reads, writes, polls, inner_region, ended };

  const char* text = "";  ///< the call as written
  StageCall call;
  Region* region = nullptr;
  Task* next = nullptr;  ///< of the region
  State state = State::fresh;
  Fifo* fifo = nullptr;           ///< that it waits for
  const Region* inner = nullptr;  ///< that it waits for
  Region* open = nullptr;         ///< that it is filling with stages
  StageClock clock;
  Coroutine coroutine;

  /// The called function: "join" of "a::join<S>(x, y)"; with its number where the region calls it several times.
  std::string name() const;
  /// True when the region is to be left: the stage itself, or one beside it or around it, has thrown.
  bool leaving() const;
};

/// Runs the stages of one thread. They take turns in the order of their declaration; each runs until it has to wait.
class Scheduler {
 public:
  static Scheduler& of_thread();

  /// The stage that runs; null outside of regions.
  Task* current() { return current_; }
  /// The region that is being filled with stages.
  Region*& open_region() { return current_ != nullptr ? current_->open : open_; }

  void add(Region& region, const char* text, const StageCall& call);
  /// Throws what a stage threw, or Deadlock.
  void run(Region& region);
  void forget_stages(Region& region);
  /// From a stage: lets others run until `fifo` may have changed. Throws when the region is to be left.
  void wait(Task::State state, Fifo& fifo);

  class CycleModel* model = nullptr;  ///< while a Simulation lives

 private:
  static void run_task(void* task);
  bool can_go_on(const Task& task) const;
  void turns(const Region& outermost);
  void give_turn(Task& task);
  void end(Task& task);
  void nobody_can_go_on();
  bool let_queue_grow();
  std::string describe(const Task& task) const;

  Task* current_ = nullptr;
  Region* open_ = nullptr;
  std::vector<Task*> tasks_;  // of all regions that run
  std::vector<std::unique_ptr<Task>> all_tasks_;
  std::vector<Task*> idle_tasks_;
  int64_t fruitless_polls_ = 0;
};

}  // namespace flashcell_emulation
