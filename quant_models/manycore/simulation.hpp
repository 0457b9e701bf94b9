#pragma once
#include <memory>
#include <span>
#include <vector>

#include "quant_models/manycore/element_program.hpp"
#include "quant_models/manycore/event_queue.hpp"
#include "quant_models/manycore/machine.hpp"
#include "quant_models/manycore/routes.hpp"

namespace flashcell::quant::manycore {

/// A run of a machine, event by event. Elements compute with what has arrived in their inboxes; packets are in inboxes
/// because routers sent them there.
class Simulation {
 public:
  /// All must outlive it.
  Simulation(const SparseNetwork& network, const MachineRun& run, std::span<const float> inputs);

  /// Entries of each chip's router.
  const std::vector<int64_t>& table_sizes() const { return routes_->table_sizes(); }
  /// To the end.
  void run();
  /// What it found out goes into `run`.
  void report(MachineRun& run) const;

 private:
  /// Values of one source (a layer, or the inputs) and one step, as they come to one element.
  struct Inbox {
    int64_t step = -1;
    uint32_t count = 0;    ///< slices whose packets are there
    Picoseconds last = 0;  ///< when the last packet is
    int64_t packets = 0;
    bool taken = false;            ///< out of the FIFO
    std::vector<uint32_t> slices;  ///< whose packets are there, as they came
  };

  /// A slice of one sequence; elements do theirs one after the other, step by step.
  struct Job {
    uint32_t slice;
    int sequence;
  };

  struct Element {
    std::vector<Job> jobs;
    size_t next_job = 0;
    int64_t step = 0;
    Picoseconds free = 0;
    bool computing = false;
    std::vector<SourceColumns> sources;
    std::vector<uint32_t> expected;  ///< slices that send to it, by source
    std::vector<Inbox> inboxes;      ///< by source, sequence, step modulo 2
  };

  /// A job that has begun.
  struct Begun {
    int element;
    Job job;
    int64_t step;
    Picoseconds start;
    StepCount count;
  };

  enum class Kind : uint8_t { hop, router, done, release };
  struct Event {
    Kind kind = Kind::hop;
    uint32_t slice = 0;
    int sequence = 0;
    int64_t step = 0;  ///< or phase, of a release
    // Of packets on their way:
    int64_t packets = 0;
    Train train;
    int chip = 0, node = 0;
  };

  void prepare();
  void load_programs();
  void expect_packets();

  int phase_of(int layer, int64_t step) const;
  void add_phases();
  Inbox& inbox(Element& element, size_t source, int sequence, int64_t step);
  size_t source_place(const Element& element, int layer) const;
  size_t message_place(uint32_t slice, int sequence, int64_t step) const;

  void fetch_inputs(int element, int sequence, int64_t step);
  void try_start(int element);
  bool credits_allow(int layer, int sequence, int64_t step) const;
  /// When the packets of a source are all there; false: not known yet.
  bool all_there(Element& element, size_t source, int sequence, int64_t step, Picoseconds& when);
  void compute_begun();
  void compute(Begun& begun, Scratch& scratch);
  void finish_computing(const Begun& begun);
  std::vector<double> clocks_of(const Begun& begun);  // by Work

  void handle(const Event& event);
  void handle_hop(Event event);
  void handle_router(const Event& event);
  void handle_done(const Event& event);
  void handle_release(int64_t phase);
  void send(const Event& event, int64_t packets);
  void deliver(int element, const Event& event, const Train& train);
  void count_done(int layer, int sequence, int64_t step);
  void end_phase();
  void add_clocks(int element, int phase, Work work, double clocks);
  double unit_clocks() const;

  const SparseNetwork& network_;
  const Chip& chip_;
  const MachineOptions& options_;
  const Placement& placement_;
  std::span<const float> inputs_;
  const int64_t steps_;
  const double core_mhz_;
  const ChipGrid grid_;
  Fabric fabric_;
  std::unique_ptr<Routes> routes_;
  std::vector<Element> elements_;
  std::vector<SliceProgram> programs_;              // by slice
  std::vector<std::vector<float>> states_;          // by slice, sequence
  std::vector<std::vector<NeuronEvent>> messages_;  // by slice, sequence, step modulo 2
  std::vector<Begun> begun_;
  Picoseconds begun_bound_ = 0;  // no job that has begun is done before
  std::vector<Scratch> scratch_;
  EventQueue<Event> queue_;
  Picoseconds now_ = 0;
  // By layer and sequence.
  std::vector<uint32_t> done_slices_, layer_slices_;
  std::vector<int64_t> all_done_;
  // Barriers.
  std::vector<int64_t> phase_jobs_;
  int64_t phase_ = 0, released_ = 0;
  int64_t on_the_way_ = 0;
  Picoseconds phase_end_ = 0, barrier_wave_ = 0;
  // Results.
  std::vector<ElementUse> use_;
  // Clocks of each element in the phase it is in; of the element with most to do, for each phase.
  std::vector<double> phase_clocks_, phase_most_;
  std::vector<int> element_phase_;
  std::vector<int64_t> layer_events_;
  std::vector<Span> timeline_;
  std::vector<float> outputs_;
  int64_t visits_ = 0, products_ = 0;
  Picoseconds end_ = 0;
};

}  // namespace flashcell::quant::manycore
