#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/calibration.hpp"
#include "quant_models/recurrent/egru.hpp"
#include "tracking/action_features.hpp"

namespace flashcell::host {

/// A network that says what a track does, step by step: ActionSteps, ActionFeatures, an EGRU, and a decoder that reads
/// a running mean of the EGRU's outputs, trace = kept * trace + (1 - kept) * output.
struct ActionModel {
  double step_s = 0.02;              ///< ActionSteps, s
  int delay = 4;                     ///< steps: at step k the network says what was done in step k - delay
  float kept = 0.8F;                 ///< of the trace, a step
  tracking::ActionInputs inputs;     ///< what it was learned from beside motion and shape
  std::vector<float> means, scales;  ///< of the features: the network reads (feature - mean) / scale, within +-kClip
  quant::RecurrentNetwork network;   ///< its names are the actions
  Calibration calibration;           ///< of the decoder's sums
  static constexpr float kClip = 4;
  static constexpr int kMostDelay = 64;
  static constexpr size_t kMostActions = 80;

  const std::vector<std::string>& actions() const { return network.names; }
  /// How much later than an action began the network says so, s.
  double delay_s() const { return step_s * delay; }
};

/// What is wrong with it, as the end of a line; empty: nothing.
std::string fault_of(const ActionModel& model);

/// As a .npz file: that of the network (quant_models/recurrent/network_file.hpp) with `actions` (JSON as bytes: format,
/// step_s, delay, kept, inputs, calibration), `feature_means` and `feature_scales`. Equal models give equal bytes.
std::string action_model_bytes(const ActionModel& model);

/// Throws Error(Fault::input) with `name`: what it is not, or lacks.
ActionModel parse_action_model(std::span<const uint8_t> file, const std::string& name);
ActionModel read_action_model(const std::string& path);

}  // namespace flashcell::host
