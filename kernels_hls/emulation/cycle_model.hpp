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
  size_t tokens() const { return fifo->tokens(); }

  CycleModel* model;
  Fifo* fifo;        ///< null once the stream is gone
  std::string name;  ///< empty until a stage has used a nameless stream
  std::string writer, reader;
  int depth;              ///< 0: never full
  bool open_end = false;  ///< nobody but the testbench reads it, as far as seen
  std::string deadlock;   ///< what to say when a stage reads it nevertheless

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
  void detach(Channel& channel);
  std::string describe(const Fifo& fifo) const;

  /// No stage can go on. Perhaps one waits for space in a stream that only the testbench will read: that one becomes a
  /// queue without bound, and `deadlock` is kept in case that a stage reads it. False: there is none.
  bool open_end(const std::vector<Task*>& tasks, const std::string& deadlock);

 private:
  void time_read(Channel& channel, StageClock& clock);
  void time_write(Channel& channel, StageClock& clock);
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
