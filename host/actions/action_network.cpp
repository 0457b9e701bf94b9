#include "host/actions/action_network.hpp"

#include <algorithm>
#include <array>

namespace flashcell::host {

ActionNetwork::ActionNetwork(ActionModel model)
    : model_(std::move(model)),
      network_(model_.network),
      inputs_(model_.means.size()),
      sums_(model_.actions().size()) {}

ActionState ActionNetwork::beginning() const {
  return {{}, network_.beginning(), std::vector<float>(static_cast<size_t>(model_.network.layers.back().hidden))};
}

void ActionNetwork::reset(ActionState& state) const {
  state.features.reset();
  for (quant::EventLayerState& layer : state.network) {
    std::fill(layer.output.begin(), layer.output.end(), 0.0F);
    std::fill(layer.memory.begin(), layer.memory.end(), 0.0F);
    layer.event_count = 0;
  }
  std::fill(state.trace.begin(), state.trace.end(), 0.0F);
}

std::span<const float> ActionNetwork::step(const tracking::ActionSignals& means, ActionState& state) {
  std::array<float, tracking::kMostActionFeatures> features;
  const std::span<float> used = std::span(features).first(inputs_.size());
  state.features.next(means, model_.inputs, model_.step_s, used);
  return step_features(used, state);
}

std::span<const float> ActionNetwork::step_features(std::span<const float> features, ActionState& state) {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i] =
        std::clamp((features[i] - model_.means[i]) / model_.scales[i], -ActionModel::kClip, ActionModel::kClip);
  }
  network_.exchange(state.network);
  network_.step(inputs_);
  const std::span<const float> output = network_.output(model_.network.layers.size() - 1);
  for (size_t i = 0; i < output.size(); ++i)
    state.trace[i] = model_.kept * state.trace[i] + (1 - model_.kept) * output[i];
  network_.exchange(state.network);
  const std::vector<float>& weights = model_.network.decoder_weights();
  const size_t hidden = state.trace.size();
  for (size_t a = 0; a < sums_.size(); ++a) {
    float sum = model_.network.decoder_biases[a];
    for (size_t i = 0; i < hidden; ++i) sum += weights[a * hidden + i] * state.trace[i];
    sums_[a] = sum;
  }
  return sums_;
}

}  // namespace flashcell::host
