#include "kernels_hls/emulation/find_depths.hpp"

#include <algorithm>

namespace flashcell_emulation {
namespace {

/// With these depths `run` ends, in no more than so many clocks.
bool keeps_up(const std::function<void()>& run, const SimulationOptions& options, int64_t cycles) {
  Simulation simulation(options);
  try {
    run();
  } catch (const Deadlock&) {
    return false;
  }
  return simulation.report().cycles <= cycles;
}

CycleReport run_unbounded(const std::function<void()>& run, SimulationOptions options) {
  options.bounded = false;
  options.depths.clear();
  Simulation simulation(options);
  run();
  return simulation.report();
}

}  // namespace

DepthSearch find_smallest_depths(const std::function<void()>& run, SimulationOptions options) {
  options.timed = options.bounded = true;
  const CycleReport ideal = run_unbounded(run, options);
  options.depths.clear();
  for (const FifoReport& fifo : ideal.fifos) {
    // A FIFO as deep as it was ever full has never made anybody wait.
    if (!fifo.writer.empty() && !fifo.reader.empty())
      options.depths[fifo.name] = static_cast<int>(std::max<int64_t>(fifo.highest_fill, 1));
  }
  for (const FifoReport& fifo : ideal.fifos) {
    const auto depth = options.depths.find(fifo.name);
    if (depth == options.depths.end()) continue;
    int too_small = 0, enough = depth->second;
    while (enough - too_small > 1) {
      depth->second = too_small + (enough - too_small) / 2;
      (keeps_up(run, options, ideal.cycles) ? enough : too_small) = depth->second;
    }
    depth->second = enough;
  }
  return {ideal.cycles, options.depths};
}

}  // namespace flashcell_emulation
