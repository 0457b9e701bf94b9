#pragma once
#include <span>
#include <vector>

#include "host/actions/action_model.hpp"
#include "quant_models/recurrent/event_network.hpp"

namespace flashcell::host {

/// What a track's network carries from step to step.
struct ActionState {
  tracking::ActionFeatures features;
  quant::EventNetworkState network;
  std::vector<float> trace;  ///< of the last layer's outputs
};

/// Runs a model for many tracks, a step of one at a time. Steps allocate nothing.
class ActionNetwork {
 public:
  /// The model must be whole (fault_of()).
  explicit ActionNetwork(ActionModel model);

  const ActionModel& model() const { return model_; }
  /// Of a track that begins.
  ActionState beginning() const;
  void reset(ActionState& state) const;

  /// The decoder's sums, one an action, after the track's next step; valid until the next call.
  std::span<const float> step(const tracking::ActionSignals& means, ActionState& state);
  /// The same from features as ActionFeatures gives them.
  std::span<const float> step_features(std::span<const float> features, ActionState& state);

 private:
  ActionModel model_;
  quant::EventNetwork network_;
  std::vector<float> inputs_, sums_;
};

}  // namespace flashcell::host
