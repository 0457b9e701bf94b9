#pragma once
#include <string>

#include "quant_models/train/recipe.hpp"
#include "quant_models/train/trainer.hpp"

namespace flashcell::quant {

struct RunOptions {
  std::string output = "trained";  ///< folder, made if need be
  int threads = 1;
  bool restart = false;  ///< begin anew, whatever checkpoints are there
  double checkpoint_seconds = 20;
  bool fine_tune = false;  ///< the recipe's network is trained already: only its quantized stages are run
};

/// Hears what goes on.
class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void started(const std::string& /*stage*/) {}
  virtual void progress(const std::string& /*stage*/, const TrainingProgress&) {}
  virtual void finished(const std::string& /*stage*/, const std::vector<Figure>&) {}
};

/// Trains every stage of the recipe. Writes into the output folder: STAGE.onnx (batch normalization folded; quantized
/// stages with their quantization), STAGE.fcnn for quantized stages that the engine takes, calibrated on the test data,
/// STAGE.checkpoint, metrics.json and learning_curve.svg. A run that was stopped goes on where it was; one that is
/// complete is only measured again. Throws ModelError.
void run_recipe(const Recipe& recipe, const RunOptions& options, RunListener& listener);

}  // namespace flashcell::quant
