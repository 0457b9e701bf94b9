#pragma once
#include <functional>

#include "kernels_hls/emulation/simulation.hpp"

namespace flashcell_emulation {

struct DepthSearch {
  int64_t cycles = 0;                 ///< of the run when no FIFO is ever full
  std::map<std::string, int> depths;  ///< by FifoReport::name
};

/// The smallest depth of each FIFO between stages with which `run` neither deadlocks nor takes a clock more than with
/// FIFOs that are never full. `run` does the same at each call: the same input on streams as empty as before. FIFOs are
/// shrunk one after the other, in the order of CycleReport::fifos, so that no single one of the result can be smaller;
/// another order may shift depth from one to another. `options.depths` is not used.
DepthSearch find_smallest_depths(const std::function<void()>& run, SimulationOptions options = SimulationOptions());

}  // namespace flashcell_emulation
