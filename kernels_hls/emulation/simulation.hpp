#pragma once
#include <stdint.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// What a host or a test asks of the simulation. Rules of the model: README.md of this folder.
namespace flashcell_emulation {

/// No stage can go on. The message names each stage, the stream that it waits for, to read or to write, and its depth.
class Deadlock : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// One stage, summed over the runs of its region. begin-to-end clocks = busy + the three waits.
struct StageReport {
  std::string name;
  int64_t runs = 0, iterations = 0;
  int64_t busy = 0;          ///< clocks: iterations' intervals, drains, accesses outside of loops, inner regions
  int64_t waits_input = 0;   ///< clocks for tokens that had not come
  int64_t waits_output = 0;  ///< clocks for space in a FIFO
  int64_t waits_memory = 0;  ///< clocks of FLASHCELL_BURST
  int64_t end = 0;           ///< of its latest run, in clocks since the simulation began
};

struct RegionReport {
  std::string name;
  int64_t runs = 0;
  int64_t cycles = 0;  ///< clocks, summed over the runs
  std::vector<StageReport> stages;
};

struct FifoReport {
  std::string name;  ///< the stream's own, else "region.writer#n": the n-th nameless one that the stage writes
  std::string writer, reader;               ///< stages; empty: the testbench's end
  int depth = 0;                            ///< 0: a queue of the testbench, without bound
  int64_t tokens = 0;                       ///< that were read or, where no stage reads, written
  int64_t highest_fill = 0;                 ///< 0 for a queue of the testbench
  int64_t last_write = -1, last_read = -1;  ///< clock since the simulation began; -1: by no stage
};

/// Clocks by the model: nothing here was synthesized.
struct CycleReport {
  int64_t cycles = 0;  ///< of all regions that the thread itself entered, one after the other
  std::vector<RegionReport> regions;
  std::vector<FifoReport> fifos;

  /// Null where there is none.
  const RegionReport* region(const std::string& name) const;
  const StageReport* stage(const std::string& name) const;
  const FifoReport* fifo(const std::string& name) const;
};

/// What a pipelined loop does when a token that it wants to read has not come, or a FIFO is full.
enum class PipelineStyle {
  flushable,  ///< only that iteration waits, those before it go on (Vitis: `flp`, `frp`)
  stalling    ///< all iterations under way stand still, with the tokens that they hold (Vitis: `stp`)
};

struct SimulationOptions {
  bool timed = true;                               ///< count clocks; else only the FIFOs are bounded
  PipelineStyle style = PipelineStyle::flushable;  ///< of all loops
  int deeper = 0;           ///< clocks that each loop's iterations take beyond what is stated, as a tool may find
  bool bounded = true;      ///< false: FIFOs never make a writer wait
  int memory_latency = 64;  ///< clocks from a burst's request to its first beat (Vitis HLS' default for m_axi)
  std::map<std::string, int> depths;  ///< by FifoReport::name, instead of the declared ones
};

class CycleModel;

/// While it lives, the calling thread's dataflow regions run on FIFOs of their hardware depths, and clocks are counted.
/// One at a time in a thread, not inside of a stage (std::logic_error); other threads are not concerned.
class Simulation {
 public:
  explicit Simulation(SimulationOptions options = SimulationOptions());
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// What happened until now. Call it between regions.
  CycleReport report() const;

 private:
  std::unique_ptr<CycleModel> model_;
};

}  // namespace flashcell_emulation
