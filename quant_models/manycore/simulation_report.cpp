#include <algorithm>
#include <numeric>

#include "quant_models/manycore/simulation.hpp"

namespace flashcell::quant::manycore {
namespace {

double seconds(Picoseconds time) {
  return static_cast<double>(time) * 1e-12;
}

double busiest(const std::vector<Server>& servers, Picoseconds time) {
  Picoseconds most = 0;
  for (const Server& server : servers) most = std::max(most, server.busy());
  return time > 0 ? static_cast<double>(most) / static_cast<double>(time) : 0;
}

double waited(const std::vector<Server>& servers) {
  double sum = 0;
  for (const Server& server : servers) sum += seconds(server.waited());
  return sum;
}

/// Clocks of all elements, by cause.
std::vector<double> all_clocks(const std::vector<ElementUse>& elements) {
  std::vector<double> sums(kWorks);
  for (const ElementUse& use : elements)
    for (size_t work = 0; work < kWorks; ++work) sums[work] += use.clocks[work];
  return sums;
}

/// `most_clocks`: of the element with most to do, summed over phases. Where elements need not wait for one another's
/// phase, that may be more than there was.
TimeShares shares_of(const MachineRun& run, double most_clocks) {
  const std::vector<double> clocks = all_clocks(run.elements);
  const double mean = 1 / (static_cast<double>(run.elements.size()) * run.level.clock_mhz * 1e6);
  TimeShares shares;
  shares.products = (clocks[kInputProduct] + clocks[kRecurrentProduct]) * mean;
  shares.pointwise = clocks[kPointwise] * mean;
  shares.packets = (clocks[kReceive] + clocks[kSend] + clocks[kTransfer]) * mean;
  const double most = std::min(most_clocks / (run.level.clock_mhz * 1e6), seconds(run.time));
  shares.imbalance = std::max(0.0, most - (shares.products + shares.pointwise + shares.packets));
  shares.network = std::max(0.0, seconds(run.time) - most);
  return shares;
}

Energy energy_of(const MachineRun& run) {
  const double time = seconds(run.time), per_chip = static_cast<double>(run.chip.elements);
  Energy energy;
  energy.chip_mj = run.chip.off_mw * run.options.chips * time;
  energy.standing_mj =
      (run.level.asleep_mw - run.chip.off_mw) / per_chip * static_cast<double>(run.elements.size()) * time;
  const std::vector<double> clocks = all_clocks(run.elements);
  const double mj_a_clock = (run.level.busy_mw - run.level.asleep_mw) / per_chip / (run.level.clock_mhz * 1e6);
  for (size_t work = 0; work < kWorks; ++work) energy.work_mj[work] = clocks[work] * mj_a_clock;
  return energy;
}

std::vector<MachineRun::LinkUse> links_of(const Fabric& fabric, Picoseconds time) {
  std::vector<MachineRun::LinkUse> used;
  const int per_chip = fabric.mesh().links();
  for (size_t i = 0; i < fabric.links().size(); ++i) {
    if (fabric.links()[i].busy() == 0) continue;
    const int chip = static_cast<int>(i) / per_chip, link = static_cast<int>(i) % per_chip;
    used.push_back({chip, link / kDirections, static_cast<Direction>(link % kDirections),
                    static_cast<double>(fabric.links()[i].busy()) / static_cast<double>(time)});
  }
  return used;
}

}  // namespace

void Simulation::report(MachineRun& run) const {
  run.time = end_;
  for (size_t e = 0; e < use_.size(); ++e) {
    const ElementMemory memory = run.elements[e].memory;
    run.elements[e] = use_[e];
    run.elements[e].memory = memory;
  }
  run.shares = shares_of(run, std::accumulate(phase_most_.begin(), phase_most_.end(), 0.0));
  run.energy = energy_of(run);
  run.watts = run.time > 0 ? run.energy.total_mj() * 1e-3 / seconds(run.time) : 0;
  for (size_t l = 0; l < layer_events_.size(); ++l) {
    run.events += layer_events_[l];
    run.activity.push_back(static_cast<double>(layer_events_[l]) /
                           static_cast<double>(network_.layers[l].hidden * steps_ * options_.sequences));
  }
  run.visits = visits_;
  run.products = products_;
  run.table_sizes = routes_->table_sizes();
  run.fetched_bytes = fabric_.fetched_bytes();
  // A number for each step's input (a token), a key and a value for each event of the last layer.
  const double host_bytes =
      4.0 * static_cast<double>(steps_ * options_.sequences) + 8.0 * static_cast<double>(layer_events_.back());
  run.host_seconds = host_bytes * 8 / (run.chip.host_rate * 1e9);
  run.simulated_events = static_cast<int64_t>(queue_.count());
  run.links = links_of(fabric_, run.time);
  run.busiest_router = busiest(fabric_.routers(), run.time);
  run.busiest_chip_link = busiest(fabric_.chip_links(), run.time);
  run.busiest_memory = busiest(fabric_.memories(), run.time);
  run.waited_seconds = waited(fabric_.links()) + waited(fabric_.routers()) + waited(fabric_.chip_links());
  run.timeline = timeline_;
  run.outputs = outputs_;
  for (int b = 0; b < options_.sequences; ++b)
    for (size_t l = 0; l < network_.layers.size(); ++l) {
      const size_t first = run.states.size();
      run.states.resize(first + static_cast<size_t>(network_.layers[l].hidden));
      for (size_t s = 0; s < placement_.slices.size(); ++s) {
        const NeuronSlice& slice = placement_.slices[s];
        if (slice.layer != static_cast<int>(l)) continue;
        const std::vector<float>& states =
            states_[s * static_cast<size_t>(options_.sequences) + static_cast<size_t>(b)];
        for (size_t u = 0; u < states.size(); ++u) run.states[first + slice.neurons[u]] = states[u];
      }
    }
}

}  // namespace flashcell::quant::manycore
