#pragma once
#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <vector>

#include "kernels_hls/emulation/scheduler.hpp"
#include "kernels_hls/emulation/simulation.hpp"

namespace flashcell_emulation {

/// A stream as a simulation sees it. Tokens are numbered as Fifo counts them.
struct Channel {
  Channel(CycleModel& its_model, Fifo& its_fifo);
  ~Channel();

  bool full() const;
  /// That a stage can read.
  size_t tokens() const { return fifo->tokens() - under_way; }
  /// Number of the token that comes into it next.
  size_t next_token() const { return fifo->written_ - under_way; }

  CycleModel* model;
  Fifo* fifo;        ///< null once the stream is gone
  std::string name;  ///< empty until a stage has used a nameless stream
  std::string writer, reader;
  int depth;              ///< 0: never full
  bool open_end = false;  ///< nobody but the testbench reads it, as far as seen
  std::string deadlock;   ///< what to say when a stage reads it nevertheless

  // StallingPipeline.
  size_t under_way = 0;  ///< the last so many tokens still are in the writer's pipeline
  size_t held = 0;       ///< so many that were read still take a place

  // Clocks.
  std::deque<int64_t> written_at;  ///< of the tokens in it
  std::deque<int64_t> read_at;     ///< of the tokens from `first_kept` on
  size_t first_kept;
  size_t still_there;  ///< first token that was in the FIFO when the latest one that was read had been written
  int64_t last_write = -1, last_read = -1;
  int64_t read_by_stages = 0, written_by_stages = 0, highest_fill = 0;
};

/// Clocks and FIFO depths of one thread's regions; the rules are in README.md.
class CycleModel {
 public:
  explicit CycleModel(SimulationOptions options) : options_(std::move(options)) {}
  ~CycleModel();

  const SimulationOptions& options() const { return options_; }
  CycleReport report() const;

  // Regions.
  void begin(Region& region);
  void end(Region& region);

  // Streams. Stages call read and write when there is a token, or space.
  Channel& channel_of(Fifo& fifo);
  /// Names a nameless stream after the stage that uses it first.
  void name_channel(Channel& channel, Task& task, const char* side);
  void read(Channel& channel, Task& task);
  void write(Channel& channel, Task& task);
  void read_outside(Channel& channel);
  void write_outside(Channel& channel);
  bool has_space(const Fifo& fifo) const;
  bool has_token(const Fifo& fifo) const;
  /// Whether what the stage writes now stays in its pipeline first.
  bool writes_later(const Task& task) const;
  void detach(Channel& channel);
  std::string describe(const Fifo& fifo) const;

  /// No stage can go on. Perhaps one waits for space in a stream that only the testbench will read: that one becomes a
  /// queue without bound, and `deadlock` is kept in case that a stage reads it. False: there is none.
  bool open_end(const std::vector<Task*>& tasks, const std::string& deadlock);

  // Of a StallingPipeline.
  /// The clock in which the channel has space.
  void time_space(const Channel& channel, StageClock& clock);
  /// A read that waited with its step.
  void time_held_read(Channel& channel, const StageClock& clock);
  /// `latency` clocks after the iteration's start, or later.
  void time_write(Channel& channel, StageClock& clock, int64_t latency);

 private:
  static int64_t space_from(const Channel& channel);
  void time_read(Channel& channel, StageClock& clock);
  static void add_to(std::vector<FifoReport>& reports, const Channel& channel);

  SimulationOptions options_;
  int64_t now_ = 0;  ///< of the thread itself
  std::vector<RegionReport> regions_;
  std::list<Channel> channels_;
  std::vector<FifoReport> gone_;  ///< streams that are no more
};

/// For messages where no simulation runs.
std::string describe_unbounded(const Fifo& fifo);

}  // namespace flashcell_emulation
