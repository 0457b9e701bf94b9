#include "kernels_hls/emulation/stalling_pipeline.hpp"

#include <algorithm>

#include "kernels_hls/emulation/cycle_model.hpp"
#include "kernels_hls/emulation/scheduler.hpp"

namespace flashcell_emulation {
namespace {

void wait_for_space(const Channel& channel) {
  while (channel.full()) Scheduler::of_thread().wait(Task::State::writes, *channel.fifo);
}

}  // namespace

void StallingPipeline::read(Channel& channel) {
  ++channel.held;
  reads_.push_back(&channel);
}

void StallingPipeline::write(Channel& channel) {
  ++channel.under_way;
  writes_.push_back({step_ + latency_, &channel});
}

void StallingPipeline::next_iteration() {
  finish_step();
  for (int clock = 1; clock <= interval_; ++clock) {
    move_to(step_ + 1);
    if (clock < interval_) finish_step();
  }
  last_start_ = step_;
}

void StallingPipeline::drain() {
  finish_step();
  while (!writes_.empty()) {
    move_to(writes_.front().step);
    finish_step();
  }
  move_to(std::max(step_, last_start_ + latency_));
}

void StallingPipeline::move_to(int64_t step) {
  if (model_.options().timed) task_.clock.now += step - step_;
  step_ = step;
}

void StallingPipeline::finish_step() {
  const bool timed = model_.options().timed;
  StageClock& clock = task_.clock;
  size_t due = 0;
  for (; due < writes_.size() && writes_[due].step <= step_; ++due) wait_for_space(*writes_[due].channel);
  if (timed) {
    for (size_t i = 0; i < due; ++i) model_.time_space(*writes_[i].channel, clock);
    for (Channel* channel : reads_) model_.time_held_read(*channel, clock);
  }
  for (Channel* channel : reads_) --channel->held;
  reads_.clear();
  for (; due > 0; --due) {
    Channel& channel = *writes_.front().channel;
    wait_for_space(channel);  // the FIFO may have taken another token of this very step
    if (timed) model_.time_write(channel, clock, 0);
    --channel.under_way;
    writes_.pop_front();
  }
}

void StallingPipeline::leave(bool has_run) {
  if (has_run) move_to(step_ + 1);
  for (const Write& write : writes_) --write.channel->under_way;
  for (Channel* channel : reads_) --channel->held;
  writes_.clear();
  reads_.clear();
}

}  // namespace flashcell_emulation
