#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace flashcell_emulation {

struct Channel;
struct Task;
class CycleModel;

/// A loop's pipeline of PipelineStyle::stalling: it moves as a whole or not at all. A clock in which it moves is a
/// step. Iteration i reads in step i * interval and writes in step i * interval + depth - 1, which it takes only when
/// every token that it reads is there and every FIFO that it writes to has space. Until then nothing of the step
/// happens.
class StallingPipeline {
 public:
  StallingPipeline(CycleModel& model, Task& task, int interval, int depth)
      : model_(model), task_(task), interval_(interval), latency_(depth > 1 ? depth - 1 : 0) {}
  StallingPipeline(const StallingPipeline&) = delete;
  StallingPipeline& operator=(const StallingPipeline&) = delete;

  /// The iteration at hand has taken a token: the FIFO's place is free once the step is done.
  void read(Channel& channel);
  /// It has written one, which comes out when the pipeline has moved on.
  void write(Channel& channel);
  /// Finishes the iteration's step and moves on to the next one's; waits, and throws as Scheduler::wait().
  void next_iteration();
  /// No iteration comes any more: everything comes out.
  void drain();
  /// The loop ends, one clock after its last step. What is still under way, where an exception passes, is let go
  /// without waiting.
  void leave(bool has_run);

  size_t tokens_under_way() const { return writes_.size(); }

 private:
  struct Write {
    int64_t step;
    Channel* channel;
  };
  void finish_step();
  void move_to(int64_t step);

  CycleModel& model_;
  Task& task_;
  const int interval_, latency_;
  int64_t step_ = 0, last_start_ = 0;
  std::deque<Write> writes_;     ///< under way, in the order of their steps
  std::vector<Channel*> reads_;  ///< of this step
};

}  // namespace flashcell_emulation
