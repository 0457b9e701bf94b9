#pragma once
#include <cstdint>
#include <vector>

#include "tracking/action_features.hpp"

namespace flashcell::host {

/// Steps of one track that follow each other, as features, and what was done in each.
struct ActionSequence {
  int recording = 0;
  int track = 0;                ///< its number among all tracks of all recordings
  std::vector<float> features;  ///< action_feature_count() a step
  std::vector<int> labels;      ///< an action, or kUnmarked
  static constexpr int kUnmarked = -1;
};

/// What actions are learned from.
struct ActionExamples {
  double step_s = 0.02;
  tracking::ActionInputs inputs;
  std::vector<ActionSequence> sequences;
};

/// Turns one track's rows with what was marked of them into sequences.
class ActionExampleTrack {
 public:
  ActionExampleTrack(double step_s, const tracking::ActionInputs& inputs, int recording, int track)
      : inputs_(inputs), recording_(recording), track_(track), steps_(step_s) {}

  /// Times must rise. `label`: an action, or ActionSequence::kUnmarked. A step in which it changes has none.
  void add(const tracking::ActionSighting& sighting, int label);

  std::vector<ActionSequence>& sequences() { return sequences_; }

 private:
  void begin_sequence();

  tracking::ActionInputs inputs_;
  int recording_, track_;
  std::vector<ActionSequence> sequences_;
  tracking::ActionSteps steps_;
  tracking::ActionFeatures features_;
  int last_label_ = ActionSequence::kUnmarked, step_label_ = ActionSequence::kUnmarked;
};

}  // namespace flashcell::host
