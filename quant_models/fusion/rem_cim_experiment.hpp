#pragma once
#include <functional>
#include <string>
#include <vector>

#include "quant_models/cim/device.hpp"
#include "quant_models/fusion/rem_cim_plan.hpp"
#include "quant_models/fusion/rem_cim_result.hpp"

namespace flashcell::quant {

/// The table of Ichikawa et al. (REM-CiM, IEICE Trans. Electronics 2024) at a small size: FPN, A-FPN, MEA-FPN and
/// REM-CiM, and beside them detectors of frames alone and of events alone.
struct RemCimOptions {
  FusionDetectorOptions size;  ///< of each network; fusion does not matter, classes and sizes are the set's
  AnchorOptions anchors;
  RemCimPlan plan;
  cim::ArrayDevice device;
  std::vector<double> times = {1, 86400};  ///< s from programming to reading, at least one
  int chips = 3;                           ///< of each network, 1 or more
  int64_t batch = 8;
  double learning_rate = 2e-3, tuning_rate = 2e-4;
  double bits_budget = 0.02;  ///< of mAP, for all modules' weights together
  uint64_t seed = 1;
  int threads = 1;
  std::string output;  ///< folder, made where it is missing
  double checkpoint_seconds = 20;
};

/// Where it is: of all the work behind the drawing, as planned.
struct RemCimProgress {
  std::string what;
  double done = 0;   ///< share, 0 to 1
  double loss = -1;  ///< of the running epoch; -1: none
};
using RemCimListener = std::function<void(const RemCimProgress&)>;

/// Trains, quantizes and judges all systems, with `set`'s examples. In the output folder: NAME.checkpoint of each
/// network's training, which a run that was stopped goes on from, and NAME.onnx of each. The same for any number of
/// threads. Result: all but command, papers_size, minutes and cpu_minutes. Throws ModelError as train() and for
/// checkpoints of another run, Error where files cannot be written.
RemCimResult run_rem_cim(const RemCimOptions& options, const FusionSet& set, const RemCimListener& listener = {});

/// Removes the checkpoints of a run in this folder, if there is one: the next begins anew.
void forget_rem_cim(const std::string& folder);

}  // namespace flashcell::quant
