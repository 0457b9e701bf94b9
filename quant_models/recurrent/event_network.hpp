#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.hpp"
#include "quant_models/recurrent/egru.hpp"

namespace flashcell::quant {

/// Products of a matrix and numbers of which most are zero: work grows with those that are not, and with the weights
/// that they meet. Its sums are multiply_rows()'s, bit for bit.
class EventProduct {
 public:
  /// Row-major weights, as many rows as biases.
  EventProduct(const std::vector<float>& weights, const std::vector<float>& biases, int columns);

  /// `events`: places of the numbers of `in` that are not zero, rising; `out`: rows() numbers, with room for padding.
  void multiply(std::span<const float> in, std::span<const uint32_t> events, float* out) const;

  size_t rows() const { return rows_; }
  /// Numbers that `out` must have room for: rows, filled up to whole vectors.
  size_t padded_rows() const { return padded_; }

 private:
  AlignedVector<float> biases_;  // +0 added; padded with 0
  size_t rows_, padded_;
  bool sparse_ = false;
  std::vector<uint32_t> starts_, places_;  // sparse: of each column, its rows
  AlignedVector<float> values_;            // sparse: beside them; else column by column, padded
};

/// What a layer carries from step to step, with the places of what its output has that is not zero.
struct EventLayerState {
  std::vector<float> output, memory;
  std::vector<uint32_t> events;
  size_t event_count = 0;
};
using EventNetworkState = std::vector<EventLayerState>;

/// A network that runs on one core, step by step, one sequence at a time, with the bytes of step() and decode() of
/// egru.hpp. Steps allocate nothing.
class EventNetwork {
 public:
  explicit EventNetwork(const RecurrentNetwork& network);

  /// To a sequence's beginning.
  void reset();
  /// Of a sequence's beginning.
  EventNetworkState beginning() const;
  /// Goes on with another sequence: what this one carries goes into `state`. Allocates nothing.
  void exchange(EventNetworkState& state) { state_.swap(state); }
  /// One step from as many numbers as the network has inputs.
  void step(std::span<const float> in);
  /// Logits of the last layer's output, or of all layers' where the network says so.
  std::span<const float> decode();

  std::span<const float> output(size_t layer) const { return state_[layer].output; }
  std::span<const float> memory(size_t layer) const { return state_[layer].memory; }
  std::span<const uint32_t> events(size_t layer) const {
    return std::span(state_[layer].events).first(state_[layer].event_count);
  }

 private:
  struct Layer {
    Cell cell;
    float zoneout;
    EventProduct input, recurrent;
    std::vector<float> thresholds, state, gates;
    AlignedVector<float> input_sums, recurrent_sums;
  };

  static void step_units(Layer& layer, EventLayerState& carried);

  std::vector<Layer> layers_;
  EventNetworkState state_;
  size_t first_read_;
  EventProduct decoder_;
  std::vector<float> read_;  // the outputs that are decoded, side by side
  std::vector<uint32_t> read_events_;
  std::vector<uint32_t> input_events_;
  AlignedVector<float> logits_;
};

}  // namespace flashcell::quant
