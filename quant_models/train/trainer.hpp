#pragma once
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/train/checkpoint.hpp"
#include "quant_models/train/recipe.hpp"
#include "quant_models/train/task.hpp"

namespace flashcell::quant {

struct TrainerOptions {
  uint64_t seed = 1;
  int threads = 1;
  int evaluate_every = 1;          ///< epochs
  std::string checkpoint;          ///< file; empty: none
  double checkpoint_seconds = 20;  ///< from one to the next; 0: after every step
  uint64_t fingerprint = 0;        ///< of the recipe; stage, network and data are added
  const Graph* teacher = nullptr;  ///< whose answers StageOptions::teacher means; outlives the training
};

struct Training {
  Graph graph;
  std::vector<EpochRecord> history;
};

/// Where a run is.
struct TrainingProgress {
  int64_t step = 0, steps = 0;
  int64_t steps_here = 0;                       ///< since this program took up the run
  int epoch = 0;                                ///< from 0
  double loss = 0;                              ///< mean of the running epoch
  const EpochRecord* finished_epoch = nullptr;  ///< set once at the end of each epoch
};
using ProgressCallback = std::function<void(const TrainingProgress&)>;

/// Trains the network's parameters and hands it back with them. Each batch is cut into four parts, always the same
/// ones; threads share them, gradients are added in order and batch normalization looks at its own part: the result
/// does not depend on the number of threads, bit for bit (on one machine; another processor may round convolutions
/// otherwise). With a checkpoint file a run that was stopped anywhere goes on to the same result.
/// Where the stage names arrays, each batch computes with weights as another chip of that device holds them, and with
/// its columns' converters.
/// Throws ModelError: a device that does not fit the stage, a loss that is no longer finite, a checkpoint that is
/// damaged or of another run.
Training train(const Graph& start, const Task& task, const StageOptions& stage, const TrainerOptions& options,
               const ProgressCallback& progress = {});

}  // namespace flashcell::quant
