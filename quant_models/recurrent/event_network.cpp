#include "quant_models/recurrent/event_network.hpp"

#include <algorithm>

#include "quant_models/recurrent/gate_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "quant_models/recurrent/event_network.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::quant::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A few vectors of rows at a time stay in registers while the events' columns pass by.
void multiply_columns(const float* columns, const float* biases, size_t padded, const float* in, const uint32_t* events,
                      size_t event_count, float* out) {
  const hn::CappedTag<float, 16> d;
  using Vector = hn::Vec<decltype(d)>;
  const size_t lanes = hn::Lanes(d);
  for (size_t row = 0; row < padded; row += 4 * lanes) {
    Vector a = hn::LoadU(d, biases + row), b = hn::LoadU(d, biases + row + lanes),
           c = hn::LoadU(d, biases + row + 2 * lanes), e = hn::LoadU(d, biases + row + 3 * lanes);
    for (size_t i = 0; i < event_count; ++i) {
      const float* column = columns + events[i] * padded + row;
      const Vector x = hn::Set(d, in[events[i]]);
      a = hn::Add(a, hn::Mul(hn::LoadU(d, column), x));
      b = hn::Add(b, hn::Mul(hn::LoadU(d, column + lanes), x));
      c = hn::Add(c, hn::Mul(hn::LoadU(d, column + 2 * lanes), x));
      e = hn::Add(e, hn::Mul(hn::LoadU(d, column + 3 * lanes), x));
    }
    hn::StoreU(a, d, out + row);
    hn::StoreU(b, d, out + row + lanes);
    hn::StoreU(c, d, out + row + 2 * lanes);
    hn::StoreU(e, d, out + row + 3 * lanes);
  }
}

}  // namespace flashcell::quant::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::quant {
namespace {

HWY_EXPORT(multiply_columns);

/// Rows are filled up to a multiple of it: four vectors of AVX-512.
constexpr size_t kRowsTogether = 64;
/// With a larger share of weights that are not zero whole columns are faster.
constexpr double kSparse = 0.25;

size_t find_events(std::span<const float> numbers, std::vector<uint32_t>& events) {
  size_t count = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    events[count] = static_cast<uint32_t>(i);
    count += numbers[i] != 0 ? 1 : 0;
  }
  return count;
}

// What find_events() writes one too many of.
std::vector<uint32_t> room_for_events(int units) {
  return std::vector<uint32_t>(static_cast<size_t>(units) + 1);
}

}  // namespace

EventProduct::EventProduct(const std::vector<float>& weights, const std::vector<float>& biases, int columns)
    : biases_(biases.begin(), biases.end()),
      rows_(biases.size()),
      padded_((biases.size() + kRowsTogether - 1) / kRowsTogether * kRowsTogether) {
  for (float& bias : biases_) bias += 0.0F;
  const size_t rows = rows_, width = static_cast<size_t>(columns);
  const auto zeros = static_cast<size_t>(std::count(weights.begin(), weights.end(), 0.0F));
  sparse_ = static_cast<double>(weights.size() - zeros) < kSparse * static_cast<double>(weights.size());
  if (!sparse_) {
    biases_.resize(padded_, 0.0F);
    values_.assign(width * padded_, 0.0F);
    for (size_t row = 0; row < rows; ++row)
      for (size_t column = 0; column < width; ++column) values_[column * padded_ + row] = weights[row * width + column];
    return;
  }
  starts_.push_back(0);
  for (size_t column = 0; column < width; ++column) {
    for (size_t row = 0; row < rows; ++row) {
      const float weight = weights[row * width + column];
      if (weight == 0) continue;
      places_.push_back(static_cast<uint32_t>(row));
      values_.push_back(weight);
    }
    starts_.push_back(static_cast<uint32_t>(places_.size()));
  }
}

void EventProduct::multiply(std::span<const float> in, std::span<const uint32_t> events, float* out) const {
  if (!sparse_) {
    HWY_DYNAMIC_DISPATCH(multiply_columns)
    (values_.data(), biases_.data(), padded_, in.data(), events.data(), events.size(), out);
    return;
  }
  std::copy(biases_.begin(), biases_.end(), out);
  const uint32_t* places = places_.data();
  const float* values = values_.data();
  for (const uint32_t event : events) {
    const float x = in[event];
    for (uint32_t i = starts_[event]; i < starts_[event + 1]; ++i) out[places[i]] += values[i] * x;
  }
}

EventNetwork::EventNetwork(const RecurrentNetwork& network)
    : first_read_(network.first_read()),
      decoder_(network.decoder_weights(), network.decoder_biases, network.read_units()),
      read_(static_cast<size_t>(network.read_units())),
      read_events_(read_.size()),
      input_events_(room_for_events(network.inputs())),
      logits_(decoder_.padded_rows()) {
  for (const RecurrentLayer<float>& layer : network.layers) {
    const auto hidden = static_cast<size_t>(layer.hidden);
    layers_.push_back({layer.cell,
                       layer.zoneout,
                       {layer.input_weights, layer.input_biases, layer.inputs},
                       {layer.recurrent_weights, layer.recurrent_biases, layer.hidden},
                       layer.thresholds,
                       std::vector<float>(hidden),
                       std::vector<float>(hidden * static_cast<size_t>(gates(layer.cell))),
                       {},
                       {}});
    layers_.back().input_sums.resize(layers_.back().input.padded_rows());
    layers_.back().recurrent_sums.resize(layers_.back().recurrent.padded_rows());
  }
  state_ = beginning();
}

EventNetworkState EventNetwork::beginning() const {
  EventNetworkState state;
  for (const Layer& layer : layers_) {
    const size_t hidden = layer.state.size();
    state.push_back(
        {std::vector<float>(hidden), std::vector<float>(hidden), room_for_events(static_cast<int>(hidden)), 0});
  }
  return state;
}

void EventNetwork::reset() {
  for (EventLayerState& layer : state_) {
    std::fill(layer.output.begin(), layer.output.end(), 0.0F);
    std::fill(layer.memory.begin(), layer.memory.end(), 0.0F);
    layer.event_count = 0;
  }
}

void EventNetwork::step(std::span<const float> in) {
  std::span<const uint32_t> events = std::span(input_events_).first(find_events(in, input_events_));
  for (size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    EventLayerState& carried = state_[i];
    layer.input.multiply(in, events, layer.input_sums.data());
    layer.recurrent.multiply(carried.output, std::span(carried.events).first(carried.event_count),
                             layer.recurrent_sums.data());
    step_units(layer, carried);
    carried.event_count = find_events(carried.output, carried.events);
    in = carried.output;
    events = std::span(carried.events).first(carried.event_count);
  }
}

void EventNetwork::step_units(Layer& layer, EventLayerState& carried) {
  const size_t hidden = layer.state.size();
  const float *a = layer.input_sums.data(), *b = layer.recurrent_sums.data();
  float* gate = layer.gates.data();
  if (layer.cell == Cell::lstm) {
    sigmoids_of_sums(a, b, 2 * hidden, gate);
    tanhs_of_sums(a + 2 * hidden, b + 2 * hidden, hidden, gate + 2 * hidden);
    sigmoids_of_sums(a + 3 * hidden, b + 3 * hidden, hidden, gate + 3 * hidden);
    for (size_t u = 0; u < hidden; ++u)
      layer.state[u] = gate[hidden + u] * carried.memory[u] + gate[u] * gate[2 * hidden + u];
  } else {
    gated_states(a, b, carried.memory.data(), hidden, gate, gate + hidden, gate + 2 * hidden, layer.state.data());
  }
  if (layer.zoneout > 0)
    for (size_t u = 0; u < hidden; ++u)
      layer.state[u] = layer.zoneout * carried.memory[u] + (1.0F - layer.zoneout) * layer.state[u];
  if (layer.cell == Cell::egru)
    return speak(layer.state.data(), layer.thresholds.data(), hidden, carried.output.data(), carried.memory.data());
  carried.memory = layer.state;
  if (layer.cell == Cell::gru) {
    carried.output = layer.state;
    return;
  }
  std::fill(carried.output.begin(), carried.output.end(), 0.0F);
  tanhs_of_sums(carried.memory.data(), carried.output.data(), hidden, layer.state.data());
  for (size_t u = 0; u < hidden; ++u) carried.output[u] = gate[3 * hidden + u] * layer.state[u];
}

std::span<const float> EventNetwork::decode() {
  size_t place = 0, count = 0;
  for (size_t i = first_read_; i < state_.size(); ++i) {
    const EventLayerState& layer = state_[i];
    std::copy(layer.output.begin(), layer.output.end(), read_.begin() + static_cast<std::ptrdiff_t>(place));
    for (size_t e = 0; e < layer.event_count; ++e)
      read_events_[count++] = layer.events[e] + static_cast<uint32_t>(place);
    place += layer.output.size();
  }
  decoder_.multiply(read_, std::span(read_events_).first(count), logits_.data());
  return std::span(logits_).first(decoder_.rows());
}

}  // namespace flashcell::quant
#endif
