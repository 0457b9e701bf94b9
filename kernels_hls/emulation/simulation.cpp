#include "kernels_hls/emulation/simulation.hpp"

#include <utility>

#include "kernels_hls/emulation/cycle_model.hpp"
#include "kernels_hls/emulation/scheduler.hpp"

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

/// Of the stage that runs; null when no clocks are counted.
StageClock* running_clock() {
  Scheduler& scheduler = Scheduler::of_thread();
  if (scheduler.model == nullptr || !scheduler.model->options().timed || scheduler.current() == nullptr) return nullptr;
  return &scheduler.current()->clock;
}

}  // namespace

void Loop::start() {
  clock_ = running_clock();
  if (clock_ == nullptr) return;
  outer_ = clock_->loop;
  clock_->loop = this;
}

void Loop::next() {
  if (iterated_) clock_->now += interval_;
  iterated_ = true;
  ++clock_->iterations;
}

void Loop::leave() {
  if (iterated_) clock_->now += depth_;
  clock_->loop = outer_;
}

void burst() {
  StageClock* clock = any_simulation() ? running_clock() : nullptr;
  if (clock == nullptr) return;
  const int latency = Scheduler::of_thread().model->options().memory_latency;
  clock->now += latency;
  clock->waits_memory += latency;
}

}  // namespace flashcell_emulation
