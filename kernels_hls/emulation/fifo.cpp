#include "kernels_hls/emulation/fifo.hpp"

#include <string>

#include "kernels_hls/emulation/cycle_model.hpp"
#include "kernels_hls/emulation/scheduler.hpp"

namespace flashcell_emulation {

std::atomic<int> active_simulations{0};

void Fifo::wait_to_read() {
  Scheduler& scheduler = Scheduler::of_thread();
  CycleModel* model = scheduler.model;
  Task* task = scheduler.current();
  if (task == nullptr) {
    if (tokens() == 0)
      throw Deadlock("hls::stream " + std::string(name_) + " is read while empty: no stage is left to write to it");
    if (model != nullptr && channel_ != nullptr) model->read_outside(*channel_);
    return;
  }
  Channel* channel = model != nullptr ? &model->channel_of(*this) : nullptr;
  while (channel != nullptr ? channel->tokens() == 0 : tokens() == 0) scheduler.wait(Task::State::reads, *this);
  if (channel != nullptr) model->read(*channel, *task);
}

void Fifo::wait_to_write() {
  Scheduler& scheduler = Scheduler::of_thread();
  CycleModel* model = scheduler.model;
  Task* task = scheduler.current();
  if (model == nullptr) {
    if (tokens() < turn_tokens_) return;
    if (task == nullptr) {
      turn_tokens_ *= 2;  // the testbench fills it
    } else {
      scheduler.wait(Task::State::writes, *this);
    }
    return;
  }
  if (task == nullptr) {
    if (channel_ != nullptr) model->write_outside(*channel_);
    return;
  }
  Channel& channel = model->channel_of(*this);
  model->name_channel(channel, *task, "out");
  // What a pipeline that stalls writes comes out later, and waits then.
  while (!model->writes_later(*task) && channel.full()) scheduler.wait(Task::State::writes, *this);
  model->write(channel, *task);
}

bool Fifo::others_filled() {
  Scheduler& scheduler = Scheduler::of_thread();
  const auto filled = [&] { return scheduler.model != nullptr ? scheduler.model->has_token(*this) : tokens() > 0; };
  if (scheduler.current() == nullptr || filled()) return filled();
  if (scheduler.model != nullptr) scheduler.model->channel_of(*this);
  scheduler.wait(Task::State::polls, *this);
  return filled();
}

bool Fifo::others_made_space() {
  Scheduler& scheduler = Scheduler::of_thread();
  if (scheduler.model == nullptr || scheduler.current() == nullptr) return true;
  const Channel& channel = scheduler.model->channel_of(*this);
  if (channel.full()) scheduler.wait(Task::State::polls, *this);
  return !channel.full();
}

void Fifo::detach() {
  channel_->model->detach(*channel_);
}

}  // namespace flashcell_emulation
