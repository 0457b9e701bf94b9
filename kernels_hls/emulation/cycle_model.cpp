#include "kernels_hls/emulation/cycle_model.hpp"

#include <algorithm>
#include <utility>

#include "kernels_hls/emulation/stalling_pipeline.hpp"

namespace flashcell_emulation {
namespace {

/// What Vitis HLS takes where nothing is declared.
constexpr int kDefaultDepth = 2;

template <class Report>
Report& find_or_add(std::vector<Report>& reports, const std::string& name) {
  for (Report& report : reports) {
    if (report.name == name) return report;
  }
  reports.emplace_back();
  reports.back().name = name;
  return reports.back();
}

template <class Report>
const Report* find(const std::vector<Report>& reports, const std::string& name) {
  for (const Report& report : reports) {
    if (report.name == name) return &report;
  }
  return nullptr;
}

std::string describe_stream(const std::string& name, int depth, bool empty) {
  return (name.empty() ? std::string("a nameless stream") : "stream " + name) + " (depth " + std::to_string(depth) +
         (empty ? ", empty)" : ", full)");
}

int64_t take_front(std::deque<int64_t>& clocks) {
  const int64_t front = clocks.front();
  clocks.pop_front();
  return front;
}

/// Of the loop that the stage is in; null outside of loops, and where pipelines are flushable.
StallingPipeline* pipeline_of(const Task& task) {
  return task.clock.loop != nullptr ? task.clock.loop->pipeline() : nullptr;
}

}  // namespace

// --- channels

Channel::Channel(CycleModel& its_model, Fifo& its_fifo)
    : model(&its_model),
      fifo(&its_fifo),
      name(its_fifo.name()),
      depth(its_fifo.declared_depth() > 0 ? its_fifo.declared_depth() : kDefaultDepth),
      first_kept(its_fifo.read_),
      still_there(its_fifo.read_) {
  fifo->channel_ = this;
}

Channel::~Channel() {
  if (fifo != nullptr) fifo->channel_ = nullptr;
}

bool Channel::full() const {
  return depth > 0 && !open_end && tokens() + held >= static_cast<size_t>(depth);
}

CycleModel::~CycleModel() = default;

Channel& CycleModel::channel_of(Fifo& fifo) {
  if (fifo.channel_ != nullptr) return *fifo.channel_;
  channels_.emplace_back(*this, fifo);
  Channel& channel = channels_.back();
  if (!options_.bounded) channel.depth = 0;
  const auto wanted = options_.depths.find(channel.name);
  if (wanted != options_.depths.end()) channel.depth = wanted->second;
  // What the testbench has put in was there before the first clock.
  channel.written_at.assign(fifo.tokens(), now_ - 1);
  return channel;
}

/// Until then the depth of a nameless stream does not matter.
void CycleModel::name_channel(Channel& channel, Task& task, const char* side) {
  if (!channel.name.empty()) return;
  channel.name =
      std::string(task.region->name()) + "." + task.name() + "." + side + std::to_string(++task.clock.nameless);
  const auto wanted = options_.depths.find(channel.name);
  if (wanted != options_.depths.end()) channel.depth = wanted->second;
}

void CycleModel::detach(Channel& channel) {
  add_to(gone_, channel);
  channel.fifo = nullptr;
  channels_.remove_if([&](const Channel& other) { return &other == &channel; });
}

bool CycleModel::has_space(const Fifo& fifo) const {
  return fifo.channel_ == nullptr || !fifo.channel_->full();
}

bool CycleModel::has_token(const Fifo& fifo) const {
  return fifo.channel_ == nullptr ? fifo.tokens() > 0 : fifo.channel_->tokens() > 0;
}

bool CycleModel::writes_later(const Task& task) const {
  return pipeline_of(task) != nullptr;
}

bool CycleModel::open_end(const std::vector<Task*>& tasks, const std::string& deadlock) {
  // The last stage is the likeliest to write to the testbench.
  for (auto task = tasks.rbegin(); task != tasks.rend(); ++task) {
    if ((*task)->state != Task::State::writes) continue;
    Channel& channel = *(*task)->fifo->channel_;
    if (channel.read_by_stages > 0 || channel.open_end) continue;
    channel.open_end = true;
    channel.deadlock = deadlock;
    return true;
  }
  return false;
}

std::string CycleModel::describe(const Fifo& fifo) const {
  const Channel& channel = *fifo.channel_;
  return describe_stream(channel.name, channel.depth, channel.tokens() == 0);
}

std::string describe_unbounded(const Fifo& fifo) {
  return describe_stream(fifo.name(), fifo.declared_depth() > 0 ? fifo.declared_depth() : kDefaultDepth,
                         fifo.tokens() == 0);
}

// --- clocks

void CycleModel::begin(Region& region) {
  region.begin_ = region.owner() != nullptr ? region.owner()->clock.now : now_;
  for (Task* task = region.first_; task != nullptr; task = task->next) {
    task->clock.begin = task->clock.now = region.begin_;
  }
}

void CycleModel::end(Region& region) {
  region.end_ = region.begin_;
  RegionReport& report = find_or_add(regions_, region.name());
  for (const Task* task = region.first_; task != nullptr; task = task->next) {
    const StageClock& clock = task->clock;
    region.end_ = std::max(region.end_, clock.now);
    StageReport& stage = find_or_add(report.stages, task->name());
    stage.runs += 1;
    stage.iterations += clock.iterations;
    stage.waits_input += clock.waits_input;
    stage.waits_output += clock.waits_output;
    stage.waits_memory += clock.waits_memory;
    stage.end = clock.now;
    stage.busy += clock.now - clock.begin - clock.waits_input - clock.waits_output - clock.waits_memory;
  }
  report.runs += 1;
  report.cycles += region.end_ - region.begin_;
  (region.owner_ != nullptr ? region.owner_->clock.now : now_) = region.end_;
}

void CycleModel::read(Channel& channel, Task& task) {
  if (channel.open_end) throw Deadlock(channel.deadlock);
  name_channel(channel, task, "in");
  if (channel.reader.empty()) channel.reader = task.name();
  ++channel.read_by_stages;
  if (options_.timed) time_read(channel, task.clock);
  if (StallingPipeline* pipeline = pipeline_of(task)) pipeline->read(channel);
}

void CycleModel::write(Channel& channel, Task& task) {
  if (channel.writer.empty()) channel.writer = task.name();
  ++channel.written_by_stages;
  if (StallingPipeline* pipeline = pipeline_of(task)) {
    pipeline->write(channel);
  } else if (options_.timed) {
    const bool in_loop = task.clock.loop != nullptr;
    time_write(channel, task.clock, in_loop ? std::max(task.clock.loop->depth(), 1) - 1 : 0);
    if (!in_loop) ++task.clock.now;
  }
}

void CycleModel::time_read(Channel& channel, StageClock& clock) {
  const size_t token = channel.fifo->read_;
  const int64_t written = take_front(channel.written_at);
  const int64_t port_free = std::max(clock.now, channel.last_read + 1);
  const int64_t at = std::max(port_free, written + 1);
  clock.waits_input += at - port_free;
  clock.now = clock.loop != nullptr ? at : at + 1;
  channel.last_read = at;
  channel.read_at.push_back(at);
  // How full it was once this token was in: all before it that were not read in an earlier clock, and itself.
  while (channel.still_there < token && channel.read_at[channel.still_there - channel.first_kept] < written) {
    ++channel.still_there;
  }
  channel.highest_fill = std::max(channel.highest_fill, static_cast<int64_t>(token - channel.still_there + 1));
  size_t needed = channel.still_there;
  if (channel.depth > 0) {
    const size_t depth = static_cast<size_t>(channel.depth), next = channel.next_token();
    needed = std::min(needed, next > depth ? next - depth : 0);
  }
  for (; channel.first_kept < needed; ++channel.first_kept) channel.read_at.pop_front();
}

/// Clock from which on its next token has a place.
int64_t CycleModel::space_from(const Channel& channel) {
  const size_t token = channel.next_token(), depth = static_cast<size_t>(channel.depth);
  if (channel.depth == 0 || channel.open_end || token < channel.first_kept + depth) return 0;
  return channel.read_at[token - depth - channel.first_kept] + 1;
}

void CycleModel::time_write(Channel& channel, StageClock& clock, int64_t latency) {
  const int64_t port_free = std::max(clock.now + latency, channel.last_write + 1);
  const int64_t at = std::max(port_free, space_from(channel));
  clock.waits_output += at - port_free;
  clock.now = at - latency;
  channel.last_write = at;
  channel.written_at.push_back(at);
}

void CycleModel::time_space(const Channel& channel, StageClock& clock) {
  const int64_t at = std::max(clock.now, space_from(channel));
  clock.waits_output += at - clock.now;
  clock.now = at;
}

void CycleModel::time_held_read(Channel& channel, const StageClock& clock) {
  channel.last_read = clock.now;
  if (!channel.read_at.empty()) channel.read_at.back() = clock.now;
}

void CycleModel::read_outside(Channel& channel) {
  if (!options_.timed) return;
  take_front(channel.written_at);
  channel.read_at.push_back(now_ - 1);
}

void CycleModel::write_outside(Channel& channel) {
  if (options_.timed) channel.written_at.push_back(now_ - 1);
}

// --- reports

void CycleModel::add_to(std::vector<FifoReport>& reports, const Channel& channel) {
  if (channel.read_by_stages == 0 && channel.written_by_stages == 0) return;
  const bool between_stages = channel.read_by_stages > 0 && channel.written_by_stages > 0;
  FifoReport& report = find_or_add(reports, channel.name);
  if (!channel.writer.empty()) report.writer = channel.writer;
  if (!channel.reader.empty()) report.reader = channel.reader;
  report.depth = between_stages ? channel.depth : 0;
  report.tokens += channel.read_by_stages > 0 ? channel.read_by_stages : channel.written_by_stages;
  if (between_stages) report.highest_fill = std::max(report.highest_fill, channel.highest_fill);
  if (channel.written_by_stages > 0) report.last_write = std::max(report.last_write, channel.last_write);
  report.last_read = std::max(report.last_read, channel.last_read);
}

CycleReport CycleModel::report() const {
  CycleReport report;
  report.cycles = now_;
  report.regions = regions_;
  report.fifos = gone_;
  for (const Channel& channel : channels_) add_to(report.fifos, channel);
  return report;
}

const RegionReport* CycleReport::region(const std::string& name) const {
  return find(regions, name);
}

const StageReport* CycleReport::stage(const std::string& name) const {
  for (const RegionReport& r : regions) {
    if (const StageReport* found = find(r.stages, name)) return found;
  }
  return nullptr;
}

const FifoReport* CycleReport::fifo(const std::string& name) const {
  return find(fifos, name);
}

}  // namespace flashcell_emulation
