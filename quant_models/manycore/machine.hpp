#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "quant_models/manycore/fabric.hpp"
#include "quant_models/manycore/placement.hpp"

namespace flashcell::quant::manycore {

/// What elements wait for before they compute a step of a layer.
enum class Schedule {
  barrier,  ///< all elements for one another: after each layer (Spread::all), after each step (Spread::layers)
  event,    ///< for the packets they need: each source closes a step by one packet more, inputs are fetched ahead
};
inline constexpr NamedValue<Schedule> kScheduleNames[] = {{Schedule::barrier, "barrier"}, {Schedule::event, "event"}};

struct MachineOptions {
  int elements = 1;
  int chips = 1;
  Spread spread = Spread::all;
  Balance balance = Balance::nonzeros;
  Schedule schedule = Schedule::barrier;
  int sequences = 1;         ///< computed together (batch)
  std::string level;         ///< power level; empty: the chip's first
  int threads = 1;           ///< of the host; changes no result
  bool ignore_sram = false;  ///< run although elements lack memory
  int64_t timeline_step = 1;
  std::function<void(int64_t done_steps)> progress;  ///< called now and then, from the caller's thread
};

/// What a core does.
enum Work : uint8_t { kReceive, kInputProduct, kRecurrentProduct, kPointwise, kSend, kTransfer, kWorks };
extern const char* const kWorkNames[kWorks];

struct ElementUse {
  double clocks[kWorks] = {};
  int64_t sent = 0, received = 0;  ///< packets
  ElementMemory memory;

  double busy_clocks() const;
};

/// A stretch of an element's time.
struct Span {
  int element = 0;
  int layer = 0;
  Work work = kReceive;
  Picoseconds begin = 0, end = 0;
};

/// Where the time goes: the sum of these is the time of the run. Means over the elements used.
struct TimeShares {
  double products = 0;  ///< visits of non-zeros in SRAM
  double pointwise = 0;
  double packets = 0;    ///< cores that send and receive, and set up transfers
  double imbalance = 0;  ///< waiting for the element that has most to do
  double network = 0;    ///< waiting for packets, barriers and memory, of that element, too
};

/// What the time is bound by, from the largest share: "memory", "network", "imbalance" or "arithmetic".
const char* bound_of(const TimeShares& shares);

struct Energy {
  double chip_mj = 0;      ///< chips with all elements off
  double standing_mj = 0;  ///< elements in use, asleep
  double work_mj[kWorks] = {};

  double total_mj() const;
};

struct MachineRun {
  Chip chip;
  PowerLevel level;
  MachineOptions options;
  Placement placement;
  int64_t steps = 0;
  Picoseconds time = 0;
  std::vector<ElementUse> elements;
  TimeShares shares;  ///< seconds
  Energy energy;
  double watts = 0;
  int64_t events = 0;                ///< of neurons, all layers, steps and sequences
  std::vector<double> activity;      ///< of each layer: share of its neurons that speak in a step
  int64_t visits = 0;                ///< of non-zeros
  int64_t products = 0;              ///< of these with an input that is not zero
  std::vector<int64_t> table_sizes;  ///< by chip
  int64_t fetched_bytes = 0;
  double host_seconds = 0;  ///< inputs and outputs over the host's link, not in `time`
  int64_t simulated_events = 0;

  struct LinkUse {
    int chip, node;
    Direction direction;
    double busy;  ///< share of the time
  };
  std::vector<LinkUse> links;                                            ///< that were used
  double busiest_router = 0, busiest_chip_link = 0, busiest_memory = 0;  ///< shares of the time
  double waited_seconds = 0;   ///< packets in queues, summed over packets and links
  std::vector<Span> timeline;  ///< of options.timeline_step, sequence 0

  /// The last layer's outputs: sequences x steps x units.
  std::vector<float> outputs;
  /// The states h of every layer behind the last step: by sequence, then layer, then unit.
  std::vector<float> states;
};

/// Runs `inputs` (sequences x steps x network.inputs()) through the network on the machine. Throws Error: Fault::usage
/// where there are more elements than the chips have, inputs of another size or that are not finite; Fault::device
/// where an element lacks memory (unless ignore_sram) or a router lacks entries.
MachineRun run_machine(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                       std::span<const float> inputs);

}  // namespace flashcell::quant::manycore
