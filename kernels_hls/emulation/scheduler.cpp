#include "kernels_hls/emulation/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "kernels_hls/emulation/cycle_model.hpp"
#include "kernels_hls/emulation/simulation.hpp"
#include "kernels_hls/emulation/stalling_pipeline.hpp"

namespace flashcell_emulation {
namespace {

/// Unwinds a stage whose region is left because of another stage.
struct Leave {};

/// So many polls in a row while every other stage waits for a stream: the poller waits for one, too.
constexpr int64_t kPollLimit = 100000;

/// "split" of "Kind<S::kSplit>::template split<S>(job, stream)".
std::string function_of(const char* text) {
  std::string name;
  int inside = 0;  // of template arguments
  for (; *text != 0 && (inside > 0 || *text != '('); ++text) {
    inside += *text == '<';
    if (inside == 0) name += *text;
    inside -= *text == '>';
  }
  while (!name.empty() && name.back() == ' ') name.pop_back();
  return name.substr(name.find_last_of(":. ") + 1);
}

}  // namespace

std::string Task::name() const {
  const std::string plain = function_of(text);
  int before = 0;
  for (const Task* task = region->first(); task != this; task = task->next) before += function_of(task->text) == plain;
  return before == 0 ? plain : plain + "#" + std::to_string(before + 1);
}

bool Task::leaving() const {
  for (const Task* task = this; task != nullptr; task = task->region->owner()) {
    if (task->region->failed()) return true;
  }
  return false;
}

Scheduler& Scheduler::of_thread() {
  thread_local Scheduler scheduler;
  return scheduler;
}

void Scheduler::add(Region& region, const char* text, const StageCall& call) {
  if (idle_tasks_.empty()) {
    all_tasks_.push_back(std::make_unique<Task>());
    idle_tasks_.reserve(all_tasks_.size());
    tasks_.reserve(all_tasks_.size());
    idle_tasks_.push_back(all_tasks_.back().get());
  }
  Task* task = idle_tasks_.back();
  idle_tasks_.pop_back();
  task->text = text;
  task->call = call;
  task->region = &region;
  task->next = nullptr;
  task->state = Task::State::fresh;
  task->open = nullptr;
  task->clock = StageClock();
  (region.last_ == nullptr ? region.first_ : region.last_->next) = task;
  region.last_ = task;
}

void Scheduler::forget_stages(Region& region) {
  for (Task* task = region.first_; task != nullptr; task = task->next) idle_tasks_.push_back(task);
  region.first_ = region.last_ = nullptr;
}

void Scheduler::run(Region& region) {
  if (model != nullptr) model->begin(region);
  for (Task* task = region.first_; task != nullptr; task = task->next) {
    tasks_.push_back(task);
    ++region.running_;
  }
  Task* stage = current_;
  if (stage == nullptr) {
    turns(region);
  } else if (region.running_ > 0) {
    stage->state = Task::State::inner_region;
    stage->inner = &region;
    stage->coroutine.suspend();
  }
  if (model != nullptr) model->end(region);
  forget_stages(region);
  if (region.error_) std::rethrow_exception(std::exchange(region.error_, nullptr));
  if (stage != nullptr && stage->leaving()) throw Leave();
}

void Scheduler::turns(const Region& outermost) {
  size_t next = 0, waiting = 0;
  while (outermost.running_ > 0) {
    if (next >= tasks_.size()) next = 0;
    Task& task = *tasks_[next];
    if (!can_go_on(task)) {
      ++next;
      if (++waiting < tasks_.size()) continue;
      nobody_can_go_on();
      waiting = 0;
      continue;
    }
    waiting = 0;
    give_turn(task);
    if (task.state != Task::State::ended) {
      ++next;
      continue;
    }
    // Where the stage ended, the next one has moved to its place.
    tasks_.erase(std::find(tasks_.begin(), tasks_.end(), &task));
    --task.region->running_;
  }
}

bool Scheduler::can_go_on(const Task& task) const {
  switch (task.state) {
    case Task::State::reads:
      return (model != nullptr ? model->has_token(*task.fifo) : task.fifo->tokens() > 0) || task.leaving();
    case Task::State::writes:
      return (model != nullptr ? model->has_space(*task.fifo) : task.fifo->tokens() < task.fifo->turn_tokens_) ||
             task.leaving();
    case Task::State::inner_region:
      return task.inner->running_ == 0;
    case Task::State::fresh:
    case Task::State::runs:
    case Task::State::polls:
    case Task::State::ended:
      return true;
  }
  return true;
}

void Scheduler::give_turn(Task& task) {
  const bool fresh = task.state == Task::State::fresh, polled = task.state == Task::State::polls;
  if (fresh && task.leaving()) {
    task.state = Task::State::ended;
    return;
  }
  task.state = Task::State::runs;
  current_ = &task;
  if (fresh) {
    task.coroutine.start(&Scheduler::run_task, &task);
  } else {
    task.coroutine.resume();
  }
  current_ = nullptr;
  fruitless_polls_ = polled && task.state == Task::State::polls ? fruitless_polls_ + 1 : 0;
  if (fruitless_polls_ >= kPollLimit) nobody_can_go_on();
}

/// On the task's own stack.
void Scheduler::run_task(void* argument) {
  Task& task = *static_cast<Task*>(argument);
  try {
    task.call.run(task.call.closure);
  } catch (const Leave&) {
  } catch (...) {
    if (!task.region->failed_) task.region->error_ = std::current_exception();
    task.region->failed_ = true;
  }
  task.state = Task::State::ended;
}

void Scheduler::wait(Task::State state, Fifo& fifo) {
  Task& task = *current_;
  task.state = state;
  task.fifo = &fifo;
  task.coroutine.suspend();
  if (task.leaving()) throw Leave();
}

/// Without a Simulation no stream is ever full.
bool Scheduler::let_queue_grow() {
  for (const Task* task : tasks_) {
    if (task->state != Task::State::writes) continue;
    task->fifo->turn_tokens_ *= 2;
    return true;
  }
  return false;
}

void Scheduler::nobody_can_go_on() {
  fruitless_polls_ = 0;
  if (model == nullptr && let_queue_grow()) return;
  Region* outermost = tasks_.front()->region;
  while (outermost->owner_ != nullptr) outermost = outermost->owner_->region;
  std::string message = std::string("dataflow ") + outermost->name_ + " is deadlocked: ";
  for (const Task* task : tasks_) message += (task == tasks_.front() ? "" : "; ") + describe(*task);
  if (model != nullptr && model->open_end(tasks_, message)) return;
  outermost->error_ = std::make_exception_ptr(Deadlock(message));
  outermost->failed_ = true;
}

std::string Scheduler::describe(const Task& task) const {
  const std::string name = task.name();
  const auto stream = [&] {
    const StallingPipeline* pipeline = task.clock.loop != nullptr ? task.clock.loop->pipeline() : nullptr;
    const size_t held = pipeline != nullptr ? pipeline->tokens_under_way() : 0;
    return (model != nullptr ? model->describe(*task.fifo) : describe_unbounded(*task.fifo)) +
           (held == 0 ? "" : " with " + std::to_string(held) + " tokens in its pipeline, which stands still");
  };
  switch (task.state) {
    case Task::State::reads:
      return name + " waits to read " + stream();
    case Task::State::writes:
      return name + " waits to write " + stream();
    case Task::State::polls:
      return name + " asks again and again for " + stream();
    case Task::State::inner_region:
      return name + " waits for its inner dataflow " + task.inner->name_;
    default:
      return name + " runs";
  }
}

// --- what kernel code calls

Region::Region(const char* name)
    : name_(name), outer_(Scheduler::of_thread().open_region()), owner_(Scheduler::of_thread().current()) {
  Scheduler::of_thread().open_region() = this;
}

Region::~Region() {
  Scheduler& scheduler = Scheduler::of_thread();
  if (scheduler.open_region() != this) return;
  // An exception passed between the macros.
  scheduler.open_region() = outer_;
  scheduler.forget_stages(*this);
}

void add_stage(const char* text, const StageCall& call) {
  Scheduler& scheduler = Scheduler::of_thread();
  if (scheduler.open_region() == nullptr) throw std::logic_error("FLASHCELL_STAGE outside of FLASHCELL_DATAFLOW");
  scheduler.add(*scheduler.open_region(), text, call);
}

void run_region() {
  Scheduler& scheduler = Scheduler::of_thread();
  Region* region = scheduler.open_region();
  if (region == nullptr) throw std::logic_error("FLASHCELL_DATAFLOW_END without FLASHCELL_DATAFLOW");
  scheduler.open_region() = region->outer();
  scheduler.run(*region);
}

}  // namespace flashcell_emulation
