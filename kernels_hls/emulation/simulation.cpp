#include "kernels_hls/emulation/simulation.hpp"

#include <utility>

#include "kernels_hls/emulation/cycle_model.hpp"
#include "kernels_hls/emulation/scheduler.hpp"
#include "kernels_hls/emulation/stalling_pipeline.hpp"

namespace flashcell_emulation {

Simulation::Simulation(SimulationOptions options) : model_(new CycleModel(std::move(options))) {
  Scheduler& scheduler = Scheduler::of_thread();
  if (scheduler.model != nullptr || scheduler.current() != nullptr)
    throw std::logic_error("a flashcell_emulation::Simulation is already at work in this thread");
  scheduler.model = model_.get();
  active_simulations.fetch_add(1, std::memory_order_relaxed);
}

Simulation::~Simulation() {
  Scheduler::of_thread().model = nullptr;
  active_simulations.fetch_sub(1, std::memory_order_relaxed);
}

CycleReport Simulation::report() const {
  return model_->report();
}

// --- what kernel code calls

namespace {

/// The stage that runs in a simulation; null where there is none.
Task* running_stage() {
  Scheduler& scheduler = Scheduler::of_thread();
  return scheduler.model != nullptr ? scheduler.current() : nullptr;
}

}  // namespace

void Loop::start() {
  Task* stage = running_stage();
  if (stage == nullptr) return;
  CycleModel& model = *Scheduler::of_thread().model;
  const bool stalls = model.options().style == PipelineStyle::stalling;
  if (!model.options().timed && !stalls) return;
  depth_ += model.options().deeper;
  // No pipeline runs inside of another one.
  if (stage->clock.loop != nullptr && stalls) stage->clock.loop->drain();
  if (stalls) pipeline_ = new StallingPipeline(model, *stage, interval_, depth_);
  clock_ = &stage->clock;
  outer_ = clock_->loop;
  clock_->loop = this;
}

void Loop::next() {
  if (pipeline_ != nullptr) {
    if (iterated_) pipeline_->next_iteration();
  } else if (iterated_) {
    clock_->now += interval_;
  }
  iterated_ = true;
  ++clock_->iterations;
}

void Loop::drain() {
  if (iterated_) pipeline_->drain();
}

void Loop::leave() {
  if (pipeline_ == nullptr) {
    if (iterated_) clock_->now += depth_;
  } else {
    pipeline_->leave(iterated_ && depth_ > 0);
    delete pipeline_;
  }
  clock_->loop = outer_;
}

void burst() {
  Task* stage = any_simulation() ? running_stage() : nullptr;
  if (stage == nullptr || !Scheduler::of_thread().model->options().timed) return;
  const int latency = Scheduler::of_thread().model->options().memory_latency;
  stage->clock.now += latency;
  stage->clock.waits_memory += latency;
}

}  // namespace flashcell_emulation
