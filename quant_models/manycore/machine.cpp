#include "quant_models/manycore/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "quant_models/manycore/simulation.hpp"

namespace flashcell::quant::manycore {
namespace {

void check_size(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                std::span<const float> inputs) {
  const int64_t most = chip.elements * options.chips;
  if (options.elements < 1 || options.elements > most)
    throw Error(Fault::usage, fmt::format("{} elements asked for: {} {} {} have 1..{}", options.elements, options.chips,
                                          chip.name, options.chips == 1 ? "chip" : "chips", most));
  const int64_t step = options.sequences * network.inputs();
  if (inputs.empty() || static_cast<int64_t>(inputs.size()) % step != 0)
    throw Error(Fault::usage, fmt::format("{} numbers are no input of {} sequences with {} a step", inputs.size(),
                                          options.sequences, network.inputs()));
  if (!std::all_of(inputs.begin(), inputs.end(), [](float x) { return std::isfinite(x); }))
    throw Error(Fault::input, "an input is no finite number");
  const int64_t bytes = static_cast<int64_t>(inputs.size_bytes());
  if (bytes > chip.memory_bytes)
    throw Error(Fault::device,
                fmt::format("inputs of {} bytes do not fit the {} bytes of {}'s memory: give fewer steps", bytes,
                            chip.memory_bytes, chip.name));
}

void check_tables(const MachineRun& run) {
  const auto most = std::max_element(run.table_sizes.begin(), run.table_sizes.end());
  if (*most > run.chip.entries)
    throw Error(Fault::device,
                fmt::format("the router of chip {} needs {} entries and has {}: use fewer elements or spread layers",
                            most - run.table_sizes.begin(), *most, run.chip.entries));
}

}  // namespace

const char* const kWorkNames[kWorks] = {"receive",   "input product", "recurrent product",
                                        "pointwise", "send",          "transfer"};

double ElementUse::busy_clocks() const {
  return std::accumulate(std::begin(clocks), std::end(clocks), 0.0);
}

double Energy::total_mj() const {
  return std::accumulate(std::begin(work_mj), std::end(work_mj), chip_mj + standing_mj);
}

const char* bound_of(const TimeShares& shares) {
  const double network = shares.packets + shares.network;
  const double most = std::max({shares.products, shares.pointwise, network, shares.imbalance});
  if (most == shares.products) return "memory";
  if (most == network) return "network";
  return most == shares.imbalance ? "imbalance" : "arithmetic";
}

MachineRun run_machine(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                       std::span<const float> inputs) {
  check_size(network, chip, options, inputs);
  MachineRun run;
  run.chip = chip;
  run.level = level_of(chip, options.level);
  run.options = options;
  run.steps = static_cast<int64_t>(inputs.size()) / (options.sequences * network.inputs());
  run.options.timeline_step = std::min(options.timeline_step, run.steps - 1);
  run.placement = place(network, options.elements, options.spread, options.balance);
  if (!options.ignore_sram)
    if (const std::string why = misfit(network, run.placement, options.balance, chip, options.sequences); !why.empty())
      throw Error(Fault::device,
                  fmt::format("{} does not fit {} elements of {}: {}", network.name, options.elements, chip.name, why));
  for (const ElementMemory& memory : memory_of(network, run.placement, chip, options.sequences)) {
    run.elements.emplace_back();
    run.elements.back().memory = memory;
  }
  Simulation simulation(network, run, inputs);
  run.table_sizes = simulation.table_sizes();
  check_tables(run);
  simulation.run();
  simulation.report(run);
  return run;
}

}  // namespace flashcell::quant::manycore
