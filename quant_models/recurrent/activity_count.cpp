#include "quant_models/recurrent/activity_count.hpp"

namespace flashcell::quant {
namespace {

std::vector<int64_t> column_counts(const std::vector<float>& weights, int columns) {
  std::vector<int64_t> counts(static_cast<size_t>(columns));
  for (size_t i = 0; i < weights.size(); i += counts.size())
    for (size_t c = 0; c < counts.size(); ++c) counts[c] += weights[i + c] == 0 ? 0 : 1;
  return counts;
}

// Weights that rows of numbers meet; the numbers that are not zero are added to `events`.
int64_t met(std::span<const float> numbers, const std::vector<int64_t>& weights, int64_t& events) {
  int64_t sum = 0;
  for (size_t i = 0; i < numbers.size(); i += weights.size()) {
    for (size_t c = 0; c < weights.size(); ++c) {
      if (numbers[i + c] == 0) continue;
      sum += weights[c];
      ++events;
    }
  }
  return sum;
}

}  // namespace

double dense_macs(const RecurrentNetwork& network) {
  double sum = 0;
  for (const RecurrentLayer<float>& layer : network.layers)
    sum += static_cast<double>(layer.input_weights.size()) + static_cast<double>(layer.recurrent_weights.size());
  return sum;
}

ActivityCount::ActivityCount(const RecurrentNetwork& network)
    : names_(network.decoder_biases.size()), read_(static_cast<size_t>(network.read_units())) {
  for (const RecurrentLayer<float>& layer : network.layers)
    layers_.push_back(
        {column_counts(layer.input_weights, layer.inputs), column_counts(layer.recurrent_weights, layer.hidden)});
}

void ActivityCount::add(size_t layer, std::span<const float> inputs, std::span<const float> outputs_before) {
  Layer& l = layers_[layer];
  int64_t ignored = 0;
  l.macs += met(inputs, l.input_weights, ignored) + met(outputs_before, l.recurrent_weights, l.events);
  l.steps += static_cast<int64_t>(outputs_before.size() / l.recurrent_weights.size());
}

void ActivityCount::add_decoded(std::span<const float> outputs) {
  for (const float x : outputs) decoded_events_ += x == 0 ? 0 : 1;
  decoded_ += static_cast<int64_t>(outputs.size() / read_);
}

void ActivityCount::add(const ActivityCount& other) {
  for (size_t i = 0; i < layers_.size(); ++i) {
    layers_[i].macs += other.layers_[i].macs;
    layers_[i].steps += other.layers_[i].steps;
    layers_[i].events += other.layers_[i].events;
  }
  decoded_events_ += other.decoded_events_;
  decoded_ += other.decoded_;
}

double ActivityCount::macs() const {
  double sum = 0;
  for (const Layer& l : layers_) sum += l.steps == 0 ? 0 : static_cast<double>(l.macs) / static_cast<double>(l.steps);
  return sum;
}

double ActivityCount::decoder_macs() const {
  return decoded_ == 0
             ? 0
             : static_cast<double>(decoded_events_) / static_cast<double>(decoded_) * static_cast<double>(names_);
}

double ActivityCount::activity(size_t layer) const {
  const Layer& l = layers_[layer];
  const double units = static_cast<double>(l.steps) * static_cast<double>(l.recurrent_weights.size());
  return units == 0 ? 0 : static_cast<double>(l.events) / units;
}

}  // namespace flashcell::quant
