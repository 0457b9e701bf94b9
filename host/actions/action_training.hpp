#pragma once
#include <functional>
#include <string>
#include <vector>

#include "host/actions/action_examples.hpp"
#include "host/actions/action_model.hpp"

namespace flashcell::host {

struct ActionTraining {
  int hidden = 32;    ///< units
  int delay = 4;      ///< steps, ActionModel::delay
  int updates = 400;  ///< of the weights
  int window = 48;    ///< steps that one example has
  int batch = 32;     ///< examples an update, a multiple of 4
  double learning_rate = 6e-3;
  uint64_t seed = 1;
  int threads = 1;  ///< the result does not depend on it
  int most_folds = 5;
};

/// What a model is worth, on marks that it had not learned from.
struct ActionWorth {
  bool by_recording = false;  ///< recordings were left out in turn, else tracks
  int folds = 0;
  size_t steps = 0, right = 0;                 ///< marked steps that were tried
  std::vector<std::vector<size_t>> confusion;  ///< steps by what was marked, then by what the network said
  CalibrationFit fit;
  double accuracy() const { return steps > 0 ? static_cast<double>(right) / static_cast<double>(steps) : 0; }
  /// Mean over the actions of the share of their steps that was told right.
  double balanced_accuracy() const;
};

struct LearnedActions {
  ActionModel model;  ///< of all examples
  ActionWorth worth;
};

/// Learns one model without leaving anything out. Deterministic for any number of threads. Throws
/// std::invalid_argument: fewer than 2 actions, one without a marked step that is left by the delay, features that are
/// not finite.
ActionModel train_actions(const std::vector<std::string>& actions, const std::vector<const ActionSequence*>& sequences,
                          const ActionExamples& examples, const ActionTraining& training);

/// The same with cross-validation: recordings are left out in turn where there are several, else tracks, in most_folds
/// parts. Of a single track nothing is left out, and nothing is known of the model. `progress(done, of)` after each
/// model; may be empty.
LearnedActions learn_actions(const std::vector<std::string>& actions, const ActionExamples& examples,
                             const ActionTraining& training, const std::function<void(int done, int of)>& progress);

}  // namespace flashcell::host
