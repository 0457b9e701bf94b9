#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/manycore/machine.hpp"

namespace flashcell::quant::manycore {

/// A run of a few steps, as numbers for one step of one sequence.
struct SweepPoint {
  double x = 0;
  double ms = 0, mj = 0, watts = 0;
  int64_t bytes = 0;  ///< of the element that needs most
  bool fits = true;   ///< the SRAM of every element; where not, times are as if it did
  std::string bound;
};

struct SweepLine {
  std::string name;
  std::vector<SweepPoint> points;
};

/// Runs that differ in one thing.
struct Sweep {
  std::string key;  ///< in JSON
  std::string title;
  std::string axis;
  bool log = true;
  std::vector<SweepLine> lines;
};

/// Called before each run; what is thrown ends the sweep.
using SweepProgress = std::function<void(const std::string& what)>;

/// From `first` to `last` elements, in at most 16 runs, at each of the chip's levels.
Sweep sweep_elements(const SparseNetwork& network, const Chip& chip, const MachineOptions& options, int first, int last,
                     const SweepProgress& progress);

/// Sequences computed together: 1, 2, 4, 8.
Sweep sweep_batch(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                  const SweepProgress& progress);

/// Random networks with the same layers, at other shares of zero weights.
Sweep sweep_sparsity(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                     const SweepProgress& progress);

/// Random networks as sparse as this one, with layers a quarter to twice as wide.
Sweep sweep_size(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                 const SweepProgress& progress);

}  // namespace flashcell::quant::manycore
