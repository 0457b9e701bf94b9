#pragma once
#include "host/actions/action_model.hpp"
#include "quant_models/random.hpp"
#include "quant_models/recurrent/parameters.hpp"

namespace flashcell::test {

/// Three actions told apart by 12 units that learned nothing.
inline host::ActionModel random_action_model(const tracking::ActionInputs& inputs, int delay, uint64_t seed = 5) {
  host::ActionModel model;
  model.delay = delay;
  model.inputs = inputs;
  const size_t features = tracking::action_feature_count(inputs);
  quant::Random random(seed, {1});
  for (size_t i = 0; i < features; ++i) {
    model.means.push_back(static_cast<float>(random.uniform(-1, 1)));
    model.scales.push_back(static_cast<float>(random.uniform(0.1, 2)));
  }
  model.network.names = {"a", "b\"c", "d,e"};
  quant::RecurrentLayer<float> layer;
  layer.inputs = static_cast<int>(features);
  layer.hidden = 12;
  model.network.layers.push_back(layer);
  initialize(model.network, false, {0.1, 1, seed});
  for (float& w : model.network.decoder) w *= 20;
  return model;
}

}  // namespace flashcell::test
